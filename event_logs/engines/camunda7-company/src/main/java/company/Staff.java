package company;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.TaskService;
import org.camunda.bpm.engine.task.IdentityLinkType;
import org.camunda.bpm.engine.task.Task;

/** People claim and complete tasks of their group in office hours, each of them one task after the other. */
final class Staff {

  private final World world;
  private final Map<String, Long> freeAt = new HashMap<>();

  Staff(World world) {
    this.world = world;
  }

  void plan(String taskId) {
    Task task = tasks().createTaskQuery().taskId(taskId).active().singleResult();
    if (task == null) {
      return;
    }
    Simulation simulation = world.simulation;
    Step step = world.step(task.getTaskDefinitionKey());
    if (simulation.chance(step.forgotten())) {
      return;
    }
    if (step.bot() != null) {
      simulation.at(simulation.now() + Simulation.MINUTE + simulation.about(2 * Simulation.MINUTE),
          () -> world.as(step.bot(), () -> finish(task, step.bot())));
      return;
    }
    String person = leastBusy(group(taskId));
    long noticed = Office.after(simulation.now(), simulation.about(step.waits() * Simulation.MINUTE));
    long claimed = Office.after(Math.max(noticed, freeAt.getOrDefault(person, 0L)), Simulation.MINUTE);
    long done = Office.after(claimed, Simulation.MINUTE + simulation.about(step.takes() * Simulation.MINUTE));
    freeAt.put(person, done);
    simulation.at(claimed, () -> world.as(person, () -> tasks().claim(taskId, person)));
    simulation.at(done, () -> world.as(person, () -> finish(task, person)));
  }

  private void finish(Task planned, String person) {
    Task task = tasks().createTaskQuery().taskId(planned.getId()).singleResult();
    if (task == null) {
      return; // cancelled meanwhile
    }
    if (task.isSuspended()) {
      world.simulation.at(Office.after(world.simulation.now(), 4 * Simulation.HOUR),
          () -> world.as(person, () -> finish(planned, person)));
      return;
    }
    if (!person.equals(task.getAssignee())) {
      tasks().claim(task.getId(), person);
      world.simulation.spend(3 * Simulation.SECOND);
    }
    String element = task.getTaskDefinitionKey();
    String error = world.step(element).errorThisTime(world.simulation);
    if (error != null) {
      tasks().handleBpmnError(task.getId(), error);
    } else {
      tasks().complete(task.getId(), world.effects(element));
    }
  }

  private List<String> group(String taskId) {
    String group = tasks().getIdentityLinksForTask(taskId).stream()
        .filter(link -> link.getType().equals(IdentityLinkType.CANDIDATE) && link.getGroupId() != null)
        .map(link -> link.getGroupId()).sorted().findFirst().orElse("");
    List<String> people = world.scenario.staff().get(group);
    if (people == null) {
      throw new IllegalArgumentException("nobody is in group '" + group + "' of scenario " + world.scenario.name());
    }
    return people;
  }

  /** Of two people drawn by chance the one who is free first. */
  private String leastBusy(List<String> people) {
    String one = world.oneOf(people);
    String other = world.oneOf(people);
    return freeAt.getOrDefault(one, 0L) <= freeAt.getOrDefault(other, 0L) ? one : other;
  }

  private TaskService tasks() {
    return world.engine().getTaskService();
  }
}
