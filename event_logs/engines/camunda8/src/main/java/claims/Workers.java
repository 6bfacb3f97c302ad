package claims;

import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.IncidentIntent;
import io.camunda.zeebe.protocol.record.intent.Intent;
import io.camunda.zeebe.protocol.record.intent.JobBatchIntent;
import io.camunda.zeebe.protocol.record.intent.JobIntent;
import io.camunda.zeebe.protocol.record.value.IncidentRecordValue;
import io.camunda.zeebe.protocol.record.value.JobBatchRecordValue;
import io.camunda.zeebe.protocol.record.value.JobRecordValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The programs that do the jobs of service tasks, and how they fail. */
final class Workers {

  /**
   * What is behind a type of jobs.
   *
   * @param workers how many instances of the program ask for jobs
   * @param takes how long a job takes on average, in milliseconds
   * @param fails how often an attempt fails, whatever happened before
   * @param broken how often a job fails at every attempt until an operator has looked after it
   * @param message what the program says when it fails
   */
  private record Service(int workers, long takes, double fails, double broken, String message) {}

  private static final Map<String, Service> SERVICES = Map.ofEntries(
      Map.entry("claims-db", new Service(2, 400, 0.01, 0, "claims database: deadlock victim")),
      Map.entry("policy-lookup", new Service(2, 900, 0.05, 0.01, "policy system answered HTTP 503")),
      Map.entry("fraud-score", new Service(1, 45_000, 0.12, 0.015, "fraud service did not answer in time")),
      Map.entry("item-valuation", new Service(3, 8_000, 0.04, 0, "price list not reachable")),
      Map.entry("assessment-rules", new Service(1, 300, 0, 0, "")),
      Map.entry("mail", new Service(2, 1_200, 0.03, 0.01, "mail server refused the connection")),
      Map.entry("ledger", new Service(2, 2_500, 0.08, 0.005, "ledger is locked by another booking")),
      Map.entry("payment", new Service(2, 6_000, 0.10, 0.02, "bank interface timed out")),
      Map.entry("documents", new Service(2, 5_000, 0.04, 0.02, "template service answered HTTP 500")),
      Map.entry("calendar", new Service(1, 1_500, 0.02, 0, "calendar did not answer")),
      Map.entry("photo-upload", new Service(1, 900_000, 0.03, 0.08, "photo store: quota exceeded")),
      Map.entry("message-publisher", new Service(1, 150, 0, 0, "")));

  private final Simulation simulation;
  private final Map<Long, JobRecordValue> jobs = new HashMap<>();
  private final Set<Long> broken = new HashSet<>();

  Workers(Simulation simulation) {
    this.simulation = simulation;
    simulation.listen(this::read);
  }

  private void read(Record<?> entry) {
    Intent intent = entry.getIntent();
    if (intent == JobIntent.CREATED) {
      JobRecordValue job = (JobRecordValue) entry.getValue();
      jobs.put(entry.getKey(), job);
      if (simulation.chance(SERVICES.get(job.getType()).broken())) {
        broken.add(entry.getKey());
      }
      ask(job);
    } else if (intent == JobIntent.RECURRED_AFTER_BACKOFF || intent == JobIntent.TIMED_OUT) {
      ask((JobRecordValue) entry.getValue());
    } else if (intent == JobIntent.RETRIES_UPDATED) {
      broken.remove(entry.getKey());
    } else if (intent == IncidentIntent.RESOLVED && ((IncidentRecordValue) entry.getValue()).getJobKey() > 0) {
      ask(jobs.get(((IncidentRecordValue) entry.getValue()).getJobKey()));
    } else if (intent == JobBatchIntent.ACTIVATED) {
      JobBatchRecordValue batch = (JobBatchRecordValue) entry.getValue();
      for (int i = 0; i < batch.getJobKeys().size(); i++) {
        plan(batch.getWorker(), batch.getJobKeys().get(i), batch.getJobs().get(i));
      }
    }
  }

  /** There is a job of this type now: one of the workers will ask for one soon. */
  private void ask(JobRecordValue job) {
    Service service = SERVICES.get(job.getType());
    String worker = job.getType() + "-" + (1 + simulation.below(service.workers()));
    long deadline = 10 * Simulation.MINUTE + 20 * service.takes();
    simulation.in(50 + simulation.below(2_500), () ->
        simulation.commands().activate(worker, job.getTenantId(), job.getType(), deadline));
  }

  private void plan(String worker, long key, JobRecordValue job) {
    Service service = SERVICES.get(job.getType());
    if (simulation.chance(0.002)) {
      return; // the worker crashed: the job comes back when its time is over
    }
    simulation.in(40 + Math.min(service.takes() / 4 + simulation.about(service.takes()), 8 * service.takes()), () -> {
      if (broken.contains(key) || simulation.chance(service.fails())) {
        int left = job.getRetries() - 1;
        simulation.commands().fail(worker, key, left, left > 0 ? 90 * Simulation.SECOND : 0, service.message());
      } else {
        finish(worker, key, job);
      }
    });
  }

  private void finish(String worker, long key, JobRecordValue job) {
    Map<String, Object> variables = job.getVariables();
    String element = job.getElementId();
    if (element.equals("check_policy") && job.getBpmnProcessId().equals("claim") && simulation.chance(0.06)) {
      simulation.commands().error(worker, key, "NOT_COVERED", "the policy does not cover this damage");
    } else if (element.equals("pay_out") && simulation.chance(0.05)) {
      simulation.commands().error(worker, key, "PAYMENT_REFUSED", "account closed");
    } else if (element.equals("write_report") && simulation.chance(0.06)) {
      // nobody catches this error: an incident of another kind
      simulation.commands().error(worker, key, "TEMPLATE_UNKNOWN", "no template for this kind of damage");
    } else {
      simulation.commands().complete(worker, key, switch (element) {
        case "check_fraud" -> "{\"fraudScore\":" + simulation.below(100) + "}";
        case "value_items" -> "{\"itemValue\":" + (20 + simulation.below(900)) + "}";
        case "apply_rules" -> "{\"accepted\":" + !simulation.chance(0.08) + ",\"payout\":" + variables.get("amount") + "}";
        default -> "{}";
      });
    }
    if (element.equals("want_recovery")) {
      simulation.commands().publish(worker, job.getTenantId(), "recovery-wanted", (String) variables.get("claimNo"), 0,
          "{\"claimNo\":\"" + variables.get("claimNo") + "\"}");
    }
  }
}
