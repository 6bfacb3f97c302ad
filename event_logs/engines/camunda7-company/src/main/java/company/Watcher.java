package company;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.camunda.bpm.engine.impl.history.event.HistoricActivityInstanceEventEntity;
import org.camunda.bpm.engine.impl.history.event.HistoricExternalTaskLogEntity;
import org.camunda.bpm.engine.impl.history.event.HistoricIncidentEventEntity;
import org.camunda.bpm.engine.impl.history.event.HistoricJobLogEvent;
import org.camunda.bpm.engine.impl.history.event.HistoricTaskInstanceEventEntity;
import org.camunda.bpm.engine.impl.history.event.HistoryEvent;
import org.camunda.bpm.engine.impl.history.event.HistoryEventTypes;
import org.camunda.bpm.engine.impl.history.handler.HistoryEventHandler;

/** Listens to what the engine records, so that people and machines learn of new work without asking for it. */
final class Watcher implements HistoryEventHandler {

  enum Kind { TASK, JOB, EXTERNAL_TASK, INCIDENT, ACTIVITY }

  /** Something new; it may be gone again, because a failed transaction is rolled back. */
  record Notice(Kind kind, String id, String element, String instance) {}

  private final Deque<Notice> notices = new ArrayDeque<>();

  /** The oldest notice that was not taken yet, or null. */
  Notice next() {
    return notices.poll();
  }

  @Override
  public void handleEvent(HistoryEvent event) {
    if (event instanceof HistoricTaskInstanceEventEntity task && is(event, HistoryEventTypes.TASK_INSTANCE_CREATE)) {
      add(Kind.TASK, task.getTaskId(), task.getTaskDefinitionKey(), event);
    } else if (event instanceof HistoricJobLogEvent job && isNew(job.getState())) {
      add(Kind.JOB, job.getJobId(), job.getActivityId(), event);
    } else if (event instanceof HistoricExternalTaskLogEntity task && isNew(task.getState())) {
      add(Kind.EXTERNAL_TASK, task.getExternalTaskId(), task.getActivityId(), event);
    } else if (event instanceof HistoricIncidentEventEntity incident && incident.isOpen()) {
      add(Kind.INCIDENT, incident.getId(), incident.getActivityId(), event);
    } else if (event instanceof HistoricActivityInstanceEventEntity activity
        && is(event, HistoryEventTypes.ACTIVITY_INSTANCE_START)) {
      add(Kind.ACTIVITY, activity.getActivityInstanceId(), activity.getActivityId(), event);
    }
  }

  @Override
  public void handleEvents(List<HistoryEvent> events) {
    events.forEach(this::handleEvent);
  }

  private void add(Kind kind, String id, String element, HistoryEvent event) {
    notices.add(new Notice(kind, id, element, event.getProcessInstanceId()));
  }

  /** Whether a row of the job log or external-task log says that there is something to try: created (0) or failed (1). */
  private static boolean isNew(int state) {
    return state <= 1;
  }

  private static boolean is(HistoryEvent event, HistoryEventTypes type) {
    return event.isEventOfType(type);
  }
}
