package orders;

import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.runtime.Incident;
import org.camunda.bpm.engine.task.Task;

/** Clerks, managers and packers claim and complete tasks in office hours; an operator repairs incidents. */
final class People {

  /** Who does a task, how long it waits for them and how long it takes, in minutes of office time on average. */
  private record Job(List<String> staff, int waits, int takes) {}

  private static final Map<String, Job> JOBS = Map.of(
      "enter_order", new Job(List.of("anna", "bert", "carla"), 40, 12),
      "inform_customer", new Job(List.of("anna", "bert", "carla"), 120, 15),
      "approve_order", new Job(List.of("dora", "emil"), 500, 20),
      "pick_goods", new Job(List.of("finn", "gerd", "hana"), 110, 45),
      "inspect_goods", new Job(List.of("ines", "jens"), 900, 25),
      "write_to_customer", new Job(List.of("ines", "jens"), 200, 20),
      "decide_late", new Job(List.of("karl"), 120, 10));

  private final ProcessEngine engine;
  private final Simulation simulation;

  People(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void lookForWork() {
    for (Task task : engine.getTaskService().createTaskQuery().active().orderByTaskId().asc().list()) {
      if (simulation.isNew("task " + task.getId())) {
        plan(task);
      }
    }
    for (Incident incident : engine.getRuntimeService().createIncidentQuery().orderByIncidentId().asc().list()) {
      if (simulation.isNew("incident " + incident.getId())
          && incident.getId().equals(incident.getRootCauseIncidentId()) && simulation.chance(0.9)) {
        long at = simulation.officeTime(simulation.now(), 10 * Simulation.MINUTE + simulation.about(3 * Simulation.HOUR));
        simulation.at(at, () -> as("ops-admin", () -> repair(incident)));
      }
    }
  }

  private void plan(Task task) {
    Job job = JOBS.get(task.getTaskDefinitionKey());
    Object channel = engine.getTaskService().getVariable(task.getId(), "channel");
    if (task.getTaskDefinitionKey().equals("enter_order") && "edi".equals(channel)) {
      // a script enters what comes by electronic data interchange, at any hour
      simulation.at(simulation.now() + 2 * Simulation.MINUTE, () -> as("svc-edi", () -> {
        engine.getTaskService().claim(task.getId(), "svc-edi");
        simulation.spend(3 * Simulation.SECOND);
        engine.getTaskService().complete(task.getId());
      }));
      return;
    }
    if (simulation.chance(0.012)) {
      return; // forgotten
    }
    String person = job.staff().get(simulation.below(job.staff().size()));
    long claimed = simulation.officeTime(simulation.now(), simulation.about(job.waits() * Simulation.MINUTE));
    long done = simulation.officeTime(claimed, 2 * Simulation.MINUTE + simulation.about(job.takes() * Simulation.MINUTE));
    simulation.at(claimed, () -> as(person, () -> engine.getTaskService().claim(task.getId(), person)));
    simulation.at(done, () -> as(person, () -> engine.getTaskService().complete(task.getId())));
  }

  private void repair(Incident incident) {
    if (incident.getIncidentType().equals("failedJob")) {
      engine.getManagementService().setJobRetries(incident.getConfiguration(), 2);
    } else {
      engine.getExternalTaskService().setRetries(incident.getConfiguration(), 2);
    }
  }

  private void as(String user, Simulation.Action action) throws Exception {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      action.run();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }
}
