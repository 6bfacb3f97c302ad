package company;

import org.camunda.bpm.engine.ExternalTaskService;
import org.camunda.bpm.engine.externaltask.ExternalTask;

/** External workers: they lock a task, work on it while everything else goes on, and answer. */
final class Workers {

  private final World world;

  Workers(World world) {
    this.world = world;
  }

  void plan(String taskId) {
    ExternalTask task = ready(taskId);
    if (task == null) {
      return;
    }
    Simulation simulation = world.simulation;
    long soon = simulation.now() + 300 + simulation.below(20_000);
    long free = task.getLockExpirationTime() == null ? soon : Math.max(soon, task.getLockExpirationTime().getTime());
    simulation.at(free, () -> fetch(taskId));
  }

  private void fetch(String taskId) {
    ExternalTask task = ready(taskId);
    if (task == null) {
      return;
    }
    Endpoint endpoint = world.endpoint(task.getTopicName());
    long takes = 200 + world.simulation.about(endpoint.millis());
    world.engine().getExternalTaskService().lock(taskId, endpoint.worker(), 2 * takes + Simulation.MINUTE);
    world.simulation.at(world.simulation.now() + takes, () -> answer(task, endpoint));
  }

  private void answer(ExternalTask task, Endpoint endpoint) {
    ExternalTaskService service = world.engine().getExternalTaskService();
    String failure = world.failure(endpoint, task.getProcessDefinitionId(), task.getActivityId());
    String error = world.step(task.getActivityId()).errorThisTime(world.simulation);
    if (failure != null) {
      int left = task.getRetries() == null ? endpoint.tries() - 1 : task.getRetries() - 1;
      service.handleFailure(task.getId(), endpoint.worker(), failure, left, endpoint.backOff());
    } else if (error != null) {
      service.handleBpmnError(task.getId(), endpoint.worker(), error, endpoint.name() + " refused");
    } else {
      service.complete(task.getId(), endpoint.worker(), world.effects(task.getActivityId()));
    }
  }

  private ExternalTask ready(String taskId) {
    return world.engine().getExternalTaskService().createExternalTaskQuery().externalTaskId(taskId).active()
        .withRetriesLeft().singleResult();
  }
}
