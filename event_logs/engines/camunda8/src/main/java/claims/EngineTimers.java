package claims;

import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.Intent;
import io.camunda.zeebe.protocol.record.intent.JobBatchIntent;
import io.camunda.zeebe.protocol.record.intent.JobIntent;
import io.camunda.zeebe.protocol.record.intent.MessageIntent;
import io.camunda.zeebe.protocol.record.intent.TimerIntent;
import io.camunda.zeebe.protocol.record.value.JobBatchRecordValue;
import io.camunda.zeebe.protocol.record.value.JobRecordValue;
import io.camunda.zeebe.protocol.record.value.MessageRecordValue;
import io.camunda.zeebe.protocol.record.value.TimerRecordValue;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Stops the clock when one of the engine's own timers is due, so that the engine never comes too late. */
final class EngineTimers {

  private static final Set<Intent> ENDS = Set.of(TimerIntent.TRIGGERED, TimerIntent.CANCELED, MessageIntent.EXPIRED,
      JobIntent.COMPLETED, JobIntent.FAILED, JobIntent.ERROR_THROWN, JobIntent.CANCELED, JobIntent.TIMED_OUT,
      JobIntent.RECURRED_AFTER_BACKOFF);
  /** The engine refuses a job in the very millisecond in which its back-off ends, and lets deadlines pass first. */
  private static final long MOMENT = 2;

  private final Simulation simulation;
  private final Map<Long, Long> waiting = new HashMap<>();

  EngineTimers(Simulation simulation) {
    this.simulation = simulation;
    simulation.listen(this::read);
  }

  private void read(Record<?> entry) {
    Intent intent = entry.getIntent();
    if (ENDS.contains(intent)) {
      waiting.remove(entry.getKey());
    }
    if (intent == TimerIntent.CREATED) {
      stopAt(entry.getKey(), ((TimerRecordValue) entry.getValue()).getDueDate());
    } else if (intent == JobIntent.FAILED) {
      JobRecordValue job = (JobRecordValue) entry.getValue();
      if (job.getRetries() > 0 && job.getRetryBackoff() > 0) {
        stopAt(entry.getKey(), job.getRecurringTime() + MOMENT);
      }
    } else if (intent == JobBatchIntent.ACTIVATED) {
      JobBatchRecordValue batch = (JobBatchRecordValue) entry.getValue();
      for (int i = 0; i < batch.getJobKeys().size(); i++) {
        deadline(batch.getJobKeys().get(i), batch.getJobs().get(i).getDeadline());
      }
    } else if (intent == MessageIntent.PUBLISHED && ((MessageRecordValue) entry.getValue()).getTimeToLive() > 0) {
      stopAt(entry.getKey(), ((MessageRecordValue) entry.getValue()).getDeadline() + MOMENT);
    }
  }

  /** Nearly all jobs are done in time: nothing has to be waited for then. */
  private void deadline(long job, long time) {
    waiting.put(job, time);
    simulation.at(time - 2 * MOMENT, () -> {
      if (waiting.getOrDefault(job, 0L) == time) {
        stopAt(job, time + MOMENT);
      }
    });
  }

  /**
   * Waits for what is due at a time.
   *
   * <p>It rests a little before, so that no check is under way while the clock moves, and also where nothing is due any
   * more: the engine looks all the same, and if it came to that late, the next thing would be late, too.
   */
  private void stopAt(long key, long time) {
    waiting.put(key, time);
    simulation.at(time - 2 * MOMENT, simulation::rest);
    simulation.at(time, () -> {
      simulation.await(() -> waiting.getOrDefault(key, 0L) != time);
      simulation.rest();
    });
  }
}
