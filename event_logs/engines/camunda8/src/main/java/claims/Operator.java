package claims;

import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.IncidentIntent;
import io.camunda.zeebe.protocol.record.intent.ProcessInstanceIntent;
import io.camunda.zeebe.protocol.record.value.BpmnElementType;
import io.camunda.zeebe.protocol.record.value.ErrorType;
import io.camunda.zeebe.protocol.record.value.IncidentRecordValue;
import io.camunda.zeebe.protocol.record.value.ProcessInstanceRecordValue;
import java.util.HashSet;
import java.util.Set;

/** Repairs incidents, moves tokens that are stuck, cancels claims that were entered twice. */
final class Operator {

  private static final String NAME = "ops-olaf";
  private static final long PATIENCE = 9 * Simulation.DAY;

  private final Simulation simulation;
  private final Set<Long> assessments = new HashSet<>();

  Operator(Simulation simulation) {
    this.simulation = simulation;
    simulation.listen(this::read);
  }

  private void read(Record<?> entry) {
    if (entry.getIntent() == IncidentIntent.CREATED) {
      incident(entry.getKey(), (IncidentRecordValue) entry.getValue());
    } else if (entry.getValue() instanceof ProcessInstanceRecordValue value) {
      if (value.getElementId().equals("assess_claim")) {
        assessment(entry, value);
      } else if (entry.getIntent() == ProcessInstanceIntent.ELEMENT_ACTIVATED && value.getBpmnProcessId().equals("claim")
          && value.getBpmnElementType() == BpmnElementType.PROCESS && simulation.chance(0.035)) {
        simulation.at(simulation.officeTime(simulation.about(9 * Simulation.HOUR)), () ->
            simulation.commands().cancel(NAME, entry.getKey()));
      }
    }
  }

  private void assessment(Record<?> entry, ProcessInstanceRecordValue value) {
    if (entry.getIntent() == ProcessInstanceIntent.ELEMENT_ACTIVATED) {
      assessments.add(entry.getKey());
      simulation.at(simulation.officeTime(simulation.now() + PATIENCE, 0), () -> {
        if (assessments.contains(entry.getKey())) {
          simulation.commands().move(NAME, value.getProcessInstanceKey(), entry.getKey(), "write_refusal");
        }
      });
    } else if (entry.getIntent() == ProcessInstanceIntent.ELEMENT_COMPLETED
        || entry.getIntent() == ProcessInstanceIntent.ELEMENT_TERMINATED) {
      assessments.remove(entry.getKey());
    }
  }

  private void incident(long key, IncidentRecordValue incident) {
    if (simulation.chance(0.15)) {
      return; // nobody looks
    }
    long at = simulation.officeTime(10 * Simulation.MINUTE + simulation.about(4 * Simulation.HOUR));
    simulation.at(at, () -> {
      if (incident.getErrorType() == ErrorType.JOB_NO_RETRIES) {
        simulation.commands().setRetries(NAME, incident.getJobKey(), 2);
      } else if (incident.getErrorType() != ErrorType.UNHANDLED_ERROR_EVENT) {
        String missing = incident.getErrorType() == ErrorType.IO_MAPPING_ERROR ? "\"email\":\"letter\"" : "\"excess\":0";
        simulation.commands().setVariables(NAME, incident.getProcessInstanceKey(), "{" + missing + "}");
      }
      simulation.commands().resolve(NAME, key);
    });
  }
}
