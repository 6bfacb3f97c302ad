package orders;

import java.util.Date;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.externaltask.ExternalTask;
import org.camunda.bpm.engine.externaltask.LockedExternalTask;
import org.camunda.bpm.engine.runtime.EventSubscription;
import org.camunda.bpm.engine.runtime.Job;

/** The job executor, the external workers (printers and the fraud service) and the bank that reports payments. */
final class Machines {

  private final ProcessEngine engine;
  private final Simulation simulation;

  Machines(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void lookForWork() {
    jobs();
    externalTasks();
    payments();
  }

  private void jobs() {
    for (Job job : engine.getManagementService().createJobQuery().active().withRetriesLeft().orderByJobId().asc().list()) {
      Date due = job.getDuedate();
      if (simulation.isNew("job " + job.getId() + " " + job.getRetries() + " " + due)) {
        long soon = simulation.now() + 200 + simulation.below(4_000);
        simulation.at(due == null ? soon : Math.max(soon, due.getTime()),
            () -> engine.getManagementService().executeJob(job.getId()));
      }
    }
  }

  private void externalTasks() {
    for (ExternalTask task : engine.getExternalTaskService().createExternalTaskQuery().active().withRetriesLeft()
        .orderById().asc().list()) {
      if (simulation.isNew("external " + task.getId() + " " + task.getRetries() + " " + task.getLockExpirationTime())) {
        simulation.at(simulation.now() + 500 + simulation.below(50_000), () -> work(task.getTopicName()));
      }
    }
  }

  private void work(String topic) {
    String worker = topic.equals("fraud-check") ? "fraud-service" : "printer-" + (1 + simulation.below(2));
    var service = engine.getExternalTaskService();
    for (LockedExternalTask task : service.fetchAndLock(1, worker).topic(topic, 60_000).execute()) {
      simulation.spend(300 + simulation.below(4_000));
      if (simulation.chance(topic.equals("fraud-check") ? 0.04 : 0.14)) {
        int left = task.getRetries() == null ? 2 : task.getRetries() - 1;
        service.handleFailure(task.getId(), worker, topic + " failed after 30 s", left, 2 * Simulation.MINUTE);
        simulation.at(simulation.now() + 3 * Simulation.MINUTE, () -> work(topic));
      } else {
        service.complete(task.getId(), worker);
      }
    }
  }

  private void payments() {
    for (EventSubscription waiting : engine.getRuntimeService().createEventSubscriptionQuery()
        .eventName("payment-received").list()) {
      if (simulation.isNew("payment " + waiting.getId())) {
        simulation.at(simulation.now() + simulation.about(30 * Simulation.HOUR), () ->
            engine.getRuntimeService().messageEventReceived("payment-received", waiting.getExecutionId()));
      }
    }
  }
}
