package parity;

import java.util.List;
import java.util.Map;

/** What the player needs of a workflow engine; every call happens at the time that was set last. */
interface Engine extends AutoCloseable {

  enum Kind {
    /** A job for a worker. */
    JOB,
    /** A task for a person. */
    TASK,
    /** A timer, due at a time. */
    TIMER
  }

  /** Something to do: its id in the engine, the element of the model and the case it belongs to. */
  record Work(Kind kind, String id, String element, String caseKey, long due) {}

  void setTime(long millis);

  void deploy(String user, String model) throws Exception;

  void start(String caseKey, boolean identified);

  /** What has come up since the last call, in the order in which it came up. */
  List<Work> newWork();

  /** Whether it is still to do. */
  boolean isOpen(Work work);

  /** A worker takes a job, for an hour at most. */
  void take(Work job, String worker);

  void complete(Work job, String worker, Map<String, Object> variables);

  /** A worker gives up a job; with 0 retries left it becomes an incident. */
  void fail(Work job, String worker, int retriesLeft, long backOff, String message);

  void error(Work job, String worker, String code);

  /** An operator gives a job without retries one more. */
  void repair(Work job, String operator);

  void claim(Work task, String person);

  void completeTask(Work task, String person);

  /** The timer is due now. */
  void fire(Work timer);

  void cancel(String caseKey, String operator);

  /** Writes what the engine has recorded. */
  void export() throws Exception;
}
