package permits;

import java.time.Duration;
import java.util.Date;
import java.util.List;
import org.flowable.common.engine.impl.identity.Authentication;
import org.flowable.engine.ManagementService;
import org.flowable.engine.ProcessEngine;
import org.flowable.eventsubscription.api.EventSubscription;
import org.flowable.job.api.AcquiredExternalWorkerJob;
import org.flowable.job.api.ExternalWorkerJob;
import org.flowable.job.api.Job;

/** The job executor, the print service, payments that arrive, and an operator who looks after dead jobs. */
final class Machines {

  /** Nobody fetches print jobs in the last days. */
  private static final long PRINTERS_DOWN = Simulation.END - 4 * Simulation.DAY;

  private final ProcessEngine engine;
  private final ManagementService jobs;
  private final Simulation simulation;

  Machines(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.jobs = engine.getManagementService();
    this.simulation = simulation;
  }

  void lookForWork() {
    for (Job job : jobs.createJobQuery().orderByJobId().asc().list()) {
      if (simulation.isNew("job " + job.getId() + " " + job.getRetries() + " " + job.getCreateTime())) {
        simulation.at(simulation.now() + 200 + simulation.below(4_000), () -> execute(job));
      }
    }
    for (Job timer : jobs.createTimerJobQuery().orderByJobId().asc().list()) {
      if (simulation.isNew("timer " + timer.getId() + " " + timer.getDuedate())) {
        Date due = timer.getDuedate();
        simulation.at(due.getTime() + 500 + simulation.below(9_000), () -> {
          if (jobs.createTimerJobQuery().jobId(timer.getId()).count() > 0) {
            execute(jobs.moveTimerToExecutableJob(timer.getId()));
          }
        });
      }
    }
    for (Job dead : jobs.createDeadLetterJobQuery().orderByJobId().asc().list()) {
      if (simulation.isNew("dead " + dead.getId() + " " + dead.getCreateTime())) {
        lookAfter(dead);
      }
    }
    for (ExternalWorkerJob job : jobs.createExternalWorkerJobQuery().orderByJobId().asc().list()) {
      if (simulation.isNew("external " + job.getId() + " " + job.getRetries())) {
        long wait = job.getRetries() == 3 ? 20_000 + simulation.below(90_000) : 16 * Simulation.MINUTE;
        simulation.at(simulation.now() + wait, this::print);
      }
    }
    for (EventSubscription waiting : engine.getRuntimeService().createEventSubscriptionQuery().eventName("fee-paid")
        .list()) {
      if (simulation.isNew("payment " + waiting.getId())) {
        simulation.at(simulation.now() + simulation.about(11 * Simulation.DAY), () ->
            engine.getRuntimeService().messageEventReceived("fee-paid", waiting.getExecutionId()));
      }
    }
  }

  private void execute(Job job) {
    simulation.isNew("job " + job.getId() + " " + job.getRetries() + " " + job.getCreateTime());
    jobs.executeJob(job.getId());
  }

  private void lookAfter(Job dead) {
    simulation.note("dead letters");
    if (simulation.chance(0.3)) {
      simulation.note("dead letters nobody looks after");
      return;
    }
    long at = simulation.officeTime(simulation.now(), 20 * Simulation.MINUTE + simulation.about(6 * Simulation.HOUR));
    simulation.at(at, () -> {
      if (jobs.createDeadLetterJobQuery().jobId(dead.getId()).count() == 0) {
        return;
      }
      Authentication.setAuthenticatedUserId("operator");
      if ("check_parcel".equals(dead.getElementId()) && simulation.isNew("token moved")) {
        engine.getRuntimeService().createChangeActivityStateBuilder().processInstanceId(dead.getProcessInstanceId())
            .moveActivityIdTo("check_parcel", "clear_parcel").changeState();
        simulation.note("dead letters left behind by moving the token");
      } else {
        jobs.moveDeadLetterJobToExecutableJob(dead.getId(), 3);
        simulation.note("dead letters revived");
      }
      Authentication.setAuthenticatedUserId(null);
    });
  }

  private void print() {
    if (simulation.now() > PRINTERS_DOWN) {
      return;
    }
    String worker = "printer-" + (1 + simulation.below(2));
    List<AcquiredExternalWorkerJob> taken =
        jobs.createExternalWorkerJobAcquireBuilder().topic("print", Duration.ofMinutes(5)).acquireAndLock(1, worker);
    for (AcquiredExternalWorkerJob job : taken) {
      simulation.spend(1_000 + simulation.below(20_000));
      if (simulation.chance(0.3)) {
        simulation.note("failed attempts of external print_permit");
        jobs.createExternalWorkerJobFailureBuilder(job.getId(), worker).errorMessage("paper jam")
            .retries(job.getRetries() - 1).fail();
      } else {
        jobs.createExternalWorkerCompletionBuilder(job.getId(), worker).complete();
      }
    }
  }
}
