package parity;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.externaltask.ExternalTask;
import org.camunda.bpm.engine.externaltask.LockedExternalTask;
import org.camunda.bpm.engine.impl.cfg.StandaloneInMemProcessEngineConfiguration;
import org.camunda.bpm.engine.impl.util.ClockUtil;
import org.camunda.bpm.engine.runtime.Job;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.task.Task;
import org.camunda.bpm.engine.variable.Variables;

/** Camunda Platform 7 with its database in memory: service tasks are external tasks, timers are jobs. */
final class Camunda7 implements Engine {

  private static final long LOCK = 3_600_000;

  private final StandaloneInMemProcessEngineConfiguration configuration = new StandaloneInMemProcessEngineConfiguration();
  private final Set<String> seen = new HashSet<>();
  private final ProcessEngine engine;
  private final Path home;

  Camunda7(Path home, long start) {
    this.home = home;
    setTime(start);
    AtomicLong ids = new AtomicLong(100_000);
    configuration.setIdGenerator(() -> Long.toString(ids.incrementAndGet()));
    configuration.setJdbcUrl("jdbc:h2:mem:parity;DB_CLOSE_DELAY=-1");
    configuration.setHistory("full");
    configuration.setJobExecutorActivate(false);
    configuration.setMetricsEnabled(false);
    engine = configuration.buildProcessEngine();
  }

  @Override
  public void setTime(long millis) {
    ClockUtil.setCurrentTime(new Date(millis));
  }

  @Override
  public void deploy(String user, String model) throws Exception {
    try (InputStream bpmn = Files.newInputStream(home.resolve("bpmn").resolve(model + ".bpmn"))) {
      as(user, () -> engine.getRepositoryService().createDeployment().name(model).source("pipeline")
          .addInputStream("onboarding.bpmn", bpmn).deploy());
    }
  }

  @Override
  public void start(String caseKey, boolean identified) {
    as("portal", () -> engine.getRuntimeService().startProcessInstanceByKey("onboarding", caseKey,
        Variables.putValue("applicationNo", caseKey).putValue("identified", identified)));
  }

  @Override
  public List<Work> newWork() {
    List<Work> found = new ArrayList<>();
    for (ExternalTask job : engine.getExternalTaskService().createExternalTaskQuery().orderById().asc().list()) {
      if (seen.add(job.getId())) {
        found.add(new Work(Kind.JOB, job.getId(), job.getActivityId(), job.getBusinessKey(), 0));
      }
    }
    for (Task task : engine.getTaskService().createTaskQuery().orderByTaskId().asc().list()) {
      if (seen.add(task.getId())) {
        found.add(new Work(Kind.TASK, task.getId(), task.getTaskDefinitionKey(), caseOf(task.getProcessInstanceId()), 0));
      }
    }
    for (Job timer : engine.getManagementService().createJobQuery().timers().orderByJobId().asc().list()) {
      if (seen.add(timer.getId())) {
        found.add(new Work(Kind.TIMER, timer.getId(), "", caseOf(timer.getProcessInstanceId()), timer.getDuedate().getTime()));
      }
    }
    return found;
  }

  private String caseOf(String instance) {
    return engine.getRuntimeService().createProcessInstanceQuery().processInstanceId(instance).singleResult().getBusinessKey();
  }

  @Override
  public boolean isOpen(Work work) {
    return switch (work.kind()) {
      case JOB -> engine.getExternalTaskService().createExternalTaskQuery().externalTaskId(work.id()).count() > 0;
      case TASK -> engine.getTaskService().createTaskQuery().taskId(work.id()).count() > 0;
      case TIMER -> engine.getManagementService().createJobQuery().jobId(work.id()).count() > 0;
    };
  }

  @Override
  public void take(Work job, String worker) {
    String topic = engine.getExternalTaskService().createExternalTaskQuery().externalTaskId(job.id()).singleResult()
        .getTopicName();
    List<LockedExternalTask> taken = engine.getExternalTaskService().fetchAndLock(1, worker).topic(topic, LOCK)
        .businessKey(job.caseKey()).execute();
    if (taken.size() != 1 || !taken.get(0).getId().equals(job.id())) {
      throw new IllegalStateException(worker + " was not given " + job);
    }
  }

  @Override
  public void complete(Work job, String worker, Map<String, Object> variables) {
    engine.getExternalTaskService().complete(job.id(), worker, variables);
  }

  @Override
  public void fail(Work job, String worker, int retriesLeft, long backOff, String message) {
    engine.getExternalTaskService().handleFailure(job.id(), worker, message, retriesLeft, backOff);
  }

  @Override
  public void error(Work job, String worker, String code) {
    engine.getExternalTaskService().handleBpmnError(job.id(), worker, code);
  }

  @Override
  public void repair(Work job, String operator) {
    as(operator, () -> engine.getExternalTaskService().setRetries(job.id(), 1));
  }

  @Override
  public void claim(Work task, String person) {
    as(person, () -> engine.getTaskService().claim(task.id(), person));
  }

  @Override
  public void completeTask(Work task, String person) {
    as(person, () -> engine.getTaskService().complete(task.id()));
  }

  @Override
  public void fire(Work timer) {
    engine.getManagementService().executeJob(timer.id());
  }

  @Override
  public void cancel(String caseKey, String operator) {
    ProcessInstance instance = engine.getRuntimeService().createProcessInstanceQuery()
        .processInstanceBusinessKey(caseKey).singleResult();
    as(operator, () -> engine.getRuntimeService().deleteProcessInstance(instance.getId(), "cancelled", false, true));
  }

  private void as(String user, Runnable action) {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      action.run();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  @Override
  public void export() throws Exception {
    Path out = home.resolve("../export/camunda7");
    Tables.write(configuration.getDataSource(), out);
    Play.copyModels(home, out);
  }

  @Override
  public void close() {
    engine.close();
  }
}
