package company;

import java.util.List;
import org.camunda.bpm.engine.RuntimeService;
import org.camunda.bpm.engine.history.HistoricProcessInstance;
import org.camunda.bpm.engine.runtime.Incident;

/** Operators repair incidents, and do now and then what a scenario asks for. */
final class Operations {

  private final World world;
  private final Jobs jobs;
  private final Workers workers;

  Operations(World world, Jobs jobs, Workers workers) {
    this.world = world;
    this.jobs = jobs;
    this.workers = workers;
  }

  void planInterventions() {
    for (Intervention intervention : world.scenario.interventions()) {
      world.simulation.at(world.simulation.day(intervention.day(), intervention.hour()),
          () -> world.as(intervention.user(), () -> intervention.work().on(this)));
    }
  }

  void planRepair(String incidentId) {
    Incident incident = find(incidentId);
    Operator operator = world.scenario.operator();
    if (incident == null || !incident.getId().equals(incident.getRootCauseIncidentId())
        || !world.simulation.chance(operator.repaired())) {
      return;
    }
    long delay = 5 * Simulation.MINUTE + world.simulation.about(operator.hours() * Simulation.HOUR);
    String user = world.oneOf(operator.users());
    world.simulation.at(Office.after(world.simulation.now(), delay), () -> {
      if (find(incidentId) != null) {
        world.as(user, () -> repair(incident, operator));
      }
    });
  }

  private void repair(Incident incident, Operator operator) {
    double way = world.simulation.below(1_000) / 1_000.0;
    String instance = incident.getProcessInstanceId();
    if (way < operator.cancelled()) {
      runtime().deleteProcessInstance(instance, "cannot be repaired", false, true);
      return;
    }
    way -= operator.cancelled();
    if (way < operator.skipped()) {
      runtime().setVariables(instance, world.effects(incident.getActivityId()));
      runtime().createProcessInstanceModification(instance).cancelAllForActivity(incident.getActivityId())
          .startAfterActivity(incident.getActivityId()).setAnnotation("done by hand in the called system").execute();
      return;
    }
    if (way - operator.skipped() < operator.patched()) {
      runtime().setVariable(instance, "correctedBy", "operations");
    }
    if (incident.getIncidentType().equals(Incident.FAILED_JOB_HANDLER_TYPE)) {
      world.engine().getManagementService().setJobRetries(incident.getConfiguration(), 2);
      jobs.plan(incident.getConfiguration());
    } else {
      world.engine().getExternalTaskService().setRetries(incident.getConfiguration(), 2);
      workers.plan(incident.getConfiguration());
    }
  }

  void suspend(String process, String tenant) {
    world.engine().getRepositoryService().updateProcessDefinitionSuspensionState().byProcessDefinitionKey(process)
        .processDefinitionTenantId(tenant).includeProcessInstances(true).suspend();
  }

  void activate(String process, String tenant) {
    world.engine().getRepositoryService().updateProcessDefinitionSuspensionState().byProcessDefinitionKey(process)
        .processDefinitionTenantId(tenant).includeProcessInstances(true).activate();
    world.engine().getManagementService().createJobQuery().processDefinitionKey(process).active().withRetriesLeft()
        .orderByJobId().asc().list().forEach(job -> jobs.plan(job.getId()));
    runtime().createProcessInstanceQuery().processDefinitionKey(process).active().orderByProcessInstanceId().asc()
        .list().forEach(instance -> world.engine().getExternalTaskService().createExternalTaskQuery()
            .processInstanceId(instance.getId()).withRetriesLeft().orderById().asc().list()
            .forEach(task -> workers.plan(task.getId())));
  }

  /** Starts deleted instances of a process again at an element, at most so many. */
  void restart(String process, String element, int most) {
    List<HistoricProcessInstance> deleted = world.engine().getHistoryService().createHistoricProcessInstanceQuery()
        .processDefinitionKey(process).rootProcessInstances().finished().orderByProcessInstanceId().asc().list()
        .stream().filter(instance -> HistoricProcessInstance.STATE_INTERNALLY_TERMINATED.equals(instance.getState())
            || HistoricProcessInstance.STATE_EXTERNALLY_TERMINATED.equals(instance.getState())).limit(most).toList();
    for (HistoricProcessInstance instance : deleted) {
      runtime().restartProcessInstances(instance.getProcessDefinitionId()).startBeforeActivity(element)
          .processInstanceIds(instance.getId()).execute();
    }
  }

  /** Corrects a variable in all running instances of a process. */
  void setVariable(String process, String variable, Object value) {
    runtime().createProcessInstanceQuery().processDefinitionKey(process).active().orderByProcessInstanceId().asc()
        .list().forEach(instance -> runtime().setVariable(instance.getId(), variable, value));
  }

  /** Deletes instances that have waited at an element since before the given days. */
  void cleanUp(String process, String element, int days, String reason) {
    runtime().createProcessInstanceQuery().processDefinitionKey(process).activityIdIn(element)
        .orderByProcessInstanceId().asc().list().stream()
        .filter(instance -> world.engine().getHistoryService().createHistoricProcessInstanceQuery()
            .processInstanceId(instance.getId()).singleResult().getStartTime().getTime()
            < world.simulation.now() - days * Simulation.DAY)
        .forEach(instance -> runtime().deleteProcessInstance(instance.getId(), reason, false, true));
  }

  void signal(String name, String tenant) {
    runtime().createSignalEvent(name).tenantId(tenant).send();
  }

  private Incident find(String incidentId) {
    return runtime().createIncidentQuery().incidentId(incidentId).singleResult();
  }

  private RuntimeService runtime() {
    return world.engine().getRuntimeService();
  }
}
