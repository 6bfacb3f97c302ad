package company;

import org.camunda.bpm.engine.runtime.Job;

/** The job executor: runs jobs soon after they are due. */
final class Jobs {

  private final World world;

  Jobs(World world) {
    this.world = world;
  }

  void plan(String jobId) {
    Job job = ready(jobId);
    if (job == null) {
      return; // its transaction was rolled back, or it is suspended or out of retries
    }
    Simulation simulation = world.simulation;
    long soon = simulation.now() + 200 + simulation.below(4_000);
    long due = job.getDuedate() == null ? soon : Math.max(soon, job.getDuedate().getTime());
    simulation.at(due, () -> {
      if (ready(jobId) != null) {
        world.engine().getManagementService().executeJob(jobId);
      }
    });
  }

  private Job ready(String jobId) {
    return world.engine().getManagementService().createJobQuery().jobId(jobId).active().withRetriesLeft()
        .singleResult();
  }
}
