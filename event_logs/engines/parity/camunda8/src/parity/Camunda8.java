package parity;

import engine.Commands;
import engine.Export;
import engine.Zeebe;
import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.IncidentIntent;
import io.camunda.zeebe.protocol.record.intent.JobBatchIntent;
import io.camunda.zeebe.protocol.record.intent.JobIntent;
import io.camunda.zeebe.protocol.record.intent.ProcessInstanceCreationIntent;
import io.camunda.zeebe.protocol.record.intent.TimerIntent;
import io.camunda.zeebe.protocol.record.intent.UserTaskIntent;
import io.camunda.zeebe.protocol.record.value.IncidentRecordValue;
import io.camunda.zeebe.protocol.record.value.JobBatchRecordValue;
import io.camunda.zeebe.protocol.record.value.JobRecordValue;
import io.camunda.zeebe.protocol.record.value.ProcessInstanceCreationRecordValue;
import io.camunda.zeebe.protocol.record.value.TenantOwned;
import io.camunda.zeebe.protocol.record.value.TimerRecordValue;
import io.camunda.zeebe.protocol.record.value.UserTaskRecordValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The Camunda 8 engine: what is to do, and what has become of it, is read from its records. */
final class Camunda8 implements Engine {

  private static final long LOCK = 3_600_000;
  private static final String TENANT = TenantOwned.DEFAULT_TENANT_IDENTIFIER;

  private static final Set<Object> ENDS = Set.of(JobIntent.COMPLETED, JobIntent.CANCELED, JobIntent.ERROR_THROWN,
      UserTaskIntent.COMPLETED, UserTaskIntent.CANCELED, TimerIntent.TRIGGERED, TimerIntent.CANCELED);

  private final Map<Long, String> cases = new HashMap<>();
  private final Map<Long, String> jobTypes = new HashMap<>();
  private final Map<Long, Long> incidents = new HashMap<>();
  private final Set<Long> backingOff = new HashSet<>();
  private final Set<Long> open = new HashSet<>();
  private final List<Work> found = new ArrayList<>();
  private final Path home;
  private final Export export;
  private final Zeebe engine;
  private final Commands commands;
  private long given;

  Camunda8(Path home, long start) throws IOException {
    this.home = home;
    export = new Export(home.resolve("../export/camunda8/records.ndjson.gz"));
    engine = new Zeebe(start, false, this::read);
    commands = new Commands(engine);
  }

  private void read(Record<?> entry) {
    export.write(entry);
    long key = entry.getKey();
    if (entry.getIntent() == ProcessInstanceCreationIntent.CREATED) {
      var value = (ProcessInstanceCreationRecordValue) entry.getValue();
      cases.put(value.getProcessInstanceKey(), (String) value.getVariables().get("applicationNo"));
    } else if (entry.getIntent() == JobIntent.CREATED) {
      var value = (JobRecordValue) entry.getValue();
      jobTypes.put(key, value.getType());
      add(Kind.JOB, key, value.getElementId(), value.getProcessInstanceKey(), 0);
    } else if (entry.getIntent() == UserTaskIntent.CREATED) {
      var value = (UserTaskRecordValue) entry.getValue();
      add(Kind.TASK, key, value.getElementId(), value.getProcessInstanceKey(), 0);
    } else if (entry.getIntent() == TimerIntent.CREATED) {
      var value = (TimerRecordValue) entry.getValue();
      add(Kind.TIMER, key, value.getTargetElementId(), value.getProcessInstanceKey(), value.getDueDate());
    } else if (entry.getIntent() == IncidentIntent.CREATED) {
      incidents.put(((IncidentRecordValue) entry.getValue()).getJobKey(), key);
    } else if (entry.getIntent() == JobBatchIntent.ACTIVATED) {
      List<Long> keys = ((JobBatchRecordValue) entry.getValue()).getJobKeys();
      given = keys.isEmpty() ? -1 : keys.get(0);
    } else if (entry.getIntent() == JobIntent.RECURRED_AFTER_BACKOFF) {
      backingOff.remove(key);
    } else if (ENDS.contains(entry.getIntent())) {
      open.remove(key);
    }
  }

  private void add(Kind kind, long key, String element, long instance, long due) {
    open.add(key);
    found.add(new Work(kind, Long.toString(key), element, cases.get(instance), due));
  }

  private static long key(Work work) {
    return Long.parseLong(work.id());
  }

  @Override
  public void setTime(long millis) {
    engine.setTime(millis);
  }

  @Override
  public void deploy(String user, String model) throws IOException {
    commands.deploy(user, TENANT, List.of(home.resolve("bpmn").resolve(model + ".bpmn")));
  }

  @Override
  public void start(String caseKey, boolean identified) {
    commands.start("portal", TENANT, "onboarding",
        "{\"applicationNo\":\"" + caseKey + "\",\"identified\":" + identified + "}");
  }

  @Override
  public List<Work> newWork() {
    List<Work> result = new ArrayList<>(found);
    found.clear();
    return result;
  }

  @Override
  public boolean isOpen(Work work) {
    return open.contains(key(work));
  }

  @Override
  public void take(Work job, String worker) {
    if (backingOff.contains(key(job))) {
      engine.await(() -> !backingOff.contains(key(job)));
    }
    commands.activate(worker, TENANT, jobTypes.get(key(job)), LOCK);
    if (given != key(job)) {
      throw new IllegalStateException(worker + " was given " + given + " instead of " + job);
    }
  }

  @Override
  public void complete(Work job, String worker, Map<String, Object> variables) {
    StringBuilder json = new StringBuilder("{");
    variables.forEach((name, value) -> json.append(json.length() > 1 ? "," : "").append('"' + name + "\":" + value));
    commands.complete(worker, key(job), json.append('}').toString());
  }

  @Override
  public void fail(Work job, String worker, int retriesLeft, long backOff, String message) {
    if (backOff > 0) {
      backingOff.add(key(job));
    }
    commands.fail(worker, key(job), retriesLeft, backOff, message);
  }

  @Override
  public void error(Work job, String worker, String code) {
    commands.error(worker, key(job), code, "");
  }

  @Override
  public void repair(Work job, String operator) {
    commands.setRetries(operator, key(job), 1);
    commands.resolve(operator, incidents.get(key(job)));
  }

  @Override
  public void claim(Work task, String person) {
    commands.claim(person, key(task));
  }

  @Override
  public void completeTask(Work task, String person) {
    commands.completeTask(person, key(task), "{}");
  }

  @Override
  public void fire(Work timer) {
    engine.await(() -> !isOpen(timer));
  }

  @Override
  public void cancel(String caseKey, String operator) {
    cases.entrySet().stream().filter(entry -> entry.getValue().equals(caseKey))
        .forEach(entry -> commands.cancel(operator, entry.getKey()));
  }

  @Override
  public void export() throws IOException {
    export.close();
    Play.copyModels(home, home.resolve("../export/camunda8"));
    export.counts().forEach((kind, count) -> System.out.println(kind + " " + count));
  }

  @Override
  public void close() throws Exception {
    engine.close();
  }
}
