package permits;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flowable.engine.delegate.BpmnError;
import org.flowable.engine.delegate.DelegateExecution;
import org.flowable.engine.delegate.JavaDelegate;
import org.flowable.engine.impl.cfg.ProcessEngineConfigurationImpl;

/** The systems that service tasks call, with the ways in which they fail. */
final class Services {

  /** Helps expressions of the models; the engine calls it by name. */
  public static final class Lists {
    public List<String> of(String text) {
      return List.of(text.split(","));
    }

    public String clerk(String office) {
      return office + "-clerk";
    }
  }

  private final Simulation simulation;
  private final ProcessEngineConfigurationImpl configuration;

  Services(Simulation simulation, ProcessEngineConfigurationImpl configuration) {
    this.simulation = simulation;
    this.configuration = configuration;
  }

  Map<Object, Object> beans() {
    Map<Object, Object> beans = new LinkedHashMap<>();
    beans.put("lists", new Lists());
    beans.put("landRegister", (JavaDelegate) execution -> {
      call(execution, 500, 6_000, 0.30, "land register answered HTTP 503");
      if (simulation.chance(0.07)) {
        simulation.note("business errors thrown");
        throw new BpmnError("PARCEL_UNKNOWN", "no such parcel");
      }
      execution.setVariable("documentsComplete", !simulation.chance(0.25));
    });
    beans.put("feeTable", (JavaDelegate) execution -> {
      int area = (Integer) execution.getVariable("area");
      execution.setVariable("feeClass", area < 80 ? "A" : area < 400 ? "B" : "C");
    });
    beans.put("cashOffice", (JavaDelegate) execution -> {
      call(execution, 300, 3_000, 0.36, "ledger is locked by another booking");
      execution.setVariable("invoiceNumber", "F-" + (40_000 + simulation.below(9_999)));
    });
    beans.put("mail", quick(0.12, "mail server refused the connection"));
    beans.put("printer", quick(0.15, "printer is out of paper"));
    beans.put("routePlanner", quick(0.25, "route planner timed out"));
    beans.put("archive", quick(0.45, "archive refused the document: checksum"));
    beans.put("inspectionOrder", (JavaDelegate) this::orderInspection);
    return beans;
  }

  /** One process starts another by a message: by business key and time, not by a call activity. */
  private void orderInspection(DelegateExecution execution) {
    call(execution, 50, 500, 0.1, "message broker refused the connection");
    String tenant = (String) execution.getVariable("district");
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("permit", execution.getProcessInstanceBusinessKey());
    configuration.getRuntimeService().startProcessInstanceByMessageAndTenantId("inspection-ordered",
        execution.getProcessInstanceBusinessKey(), variables, tenant);
  }

  private JavaDelegate quick(double failing, String message) {
    return execution -> call(execution, 80, 1_500, failing, message);
  }

  private void call(DelegateExecution execution, int least, int more, double failing, String message) {
    simulation.spend(least + simulation.below(more));
    if (simulation.chance(failing)) {
      simulation.note("failed attempts of " + execution.getCurrentActivityId());
      throw new IllegalStateException(message);
    }
  }
}
