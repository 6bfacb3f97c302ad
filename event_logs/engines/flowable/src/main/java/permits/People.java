package permits;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flowable.common.engine.impl.identity.Authentication;
import org.flowable.engine.ProcessEngine;
import org.flowable.task.api.Task;

/** Clerks claim, begin and complete tasks in office hours. */
final class People {

  /** Who does a task, how long it waits for them and how long it takes, in minutes of office time on average. */
  private record Job(List<String> staff, int waits, int takes) {}

  private static final List<String> DESK = List.of("agnes", "bruno", "clara");
  private static final List<String> BUILDING = List.of("dieter", "elif", "franz");
  private static final List<String> HEADS = List.of("greta", "hugo");
  private static final List<String> INSPECTORS = List.of("ida", "jonas", "karin");
  private static final List<String> CASH = List.of("leo", "mina");

  private static final Map<String, Job> JOBS = Map.ofEntries(
      Map.entry("register_application", new Job(DESK, 240, 15)),
      Map.entry("clear_parcel", new Job(List.of("nils"), 900, 60)),
      Map.entry("request_documents", new Job(DESK, 500, 900)),
      Map.entry("technical_review", new Job(BUILDING, 2_000, 400)),
      Map.entry("fire_review", new Job(List.of("olga", "paul"), 2_600, 120)),
      Map.entry("give_opinion", new Job(List.of("office"), 1_500, 90)),
      Map.entry("sign_permit", new Job(HEADS, 500, 10)),
      Map.entry("write_refusal", new Job(BUILDING, 600, 60)),
      Map.entry("confirm_withdrawal", new Job(DESK, 300, 10)),
      Map.entry("send_invoice", new Job(CASH, 300, 10)),
      Map.entry("decide_dunning", new Job(CASH, 300, 20)),
      Map.entry("visit_site", new Job(INSPECTORS, 4_000, 120)),
      Map.entry("visit_by_head", new Job(HEADS, 900, 120)),
      Map.entry("write_report", new Job(INSPECTORS, 400, 60)),
      Map.entry("fine_builder", new Job(HEADS, 900, 20)));

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
  }

  private void plan(Task task) {
    if (simulation.chance(0.012)) {
      simulation.note("tasks forgotten");
      return;
    }
    Job job = JOBS.get(task.getTaskDefinitionKey());
    boolean assigned = task.getAssignee() != null;
    String person = assigned ? task.getAssignee() : job.staff().get(simulation.below(job.staff().size()));
    long claimed = simulation.officeTime(simulation.now(), simulation.about(job.waits() * Simulation.MINUTE));
    long done = simulation.officeTime(claimed,
        2 * Simulation.MINUTE + simulation.about(job.takes() * Simulation.MINUTE));
    boolean handsOver = !assigned && simulation.chance(0.06);
    String colleague = handsOver ? job.staff().get(simulation.below(job.staff().size())) : person;
    simulation.at(claimed, () -> as(person, () -> {
      if (!assigned) {
        engine.getTaskService().claim(task.getId(), person);
      }
      engine.getTaskService().startProgress(task.getId(), person);
    }));
    if (handsOver) {
      simulation.at(claimed + (done - claimed) / 2, () -> as(person, () -> {
        engine.getTaskService().setAssignee(task.getId(), colleague);
        simulation.note("tasks handed over, also to oneself");
      }));
    }
    simulation.at(done, () -> as(colleague, () -> complete(task, colleague)));
  }

  /** What follows in the same transaction may fail: then the task stays, and the person tries once more. */
  private void complete(Task task, String person) throws Exception {
    try {
      engine.getTaskService().complete(task.getId(), person, answers(task.getTaskDefinitionKey()));
    } catch (IllegalStateException service) {
      simulation.note("task completions rolled back");
      simulation.at(simulation.now() + 11 * Simulation.MINUTE, () -> as(person, () -> complete(task, person)));
    }
  }

  private Map<String, Object> answers(String task) {
    Map<String, Object> answers = new LinkedHashMap<>();
    switch (task) {
      case "clear_parcel" -> answers.put("documentsComplete", true);
      case "decide_dunning" -> answers.put("waive", simulation.chance(0.25));
      case "write_report" -> answers.put("defects", simulation.chance(0.6) ? 0 : simulation.below(5));
      default -> { }
    }
    return answers;
  }

  private void as(String user, Simulation.Action action) throws Exception {
    Authentication.setAuthenticatedUserId(user);
    try {
      action.run();
    } finally {
      Authentication.setAuthenticatedUserId(null);
    }
  }
}
