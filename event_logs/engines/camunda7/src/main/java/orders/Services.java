package orders;

import java.util.LinkedHashMap;
import java.util.Map;
import org.camunda.bpm.engine.delegate.BpmnError;
import org.camunda.bpm.engine.delegate.JavaDelegate;

/** The systems that service tasks call, with the ways in which they fail. */
final class Services {

  static Map<Object, Object> beans(Simulation simulation) {
    Map<Object, Object> beans = new LinkedHashMap<>();
    beans.put("creditBureau", (JavaDelegate) execution -> {
      simulation.spend(300 + simulation.below(6_000));
      if (simulation.chance(0.14)) {
        throw new IllegalStateException("credit bureau answered HTTP 503");
      }
      int score = 300 + simulation.below(550);
      execution.setVariable("creditScore", score);
      if (score < 340) {
        throw new BpmnError("CREDIT_REFUSED", "score " + score);
      }
    });
    beans.put("erp", quick(simulation, 0.0, ""));
    beans.put("documents", quick(simulation, 0.01, "template service answered HTTP 500"));
    beans.put("mail", quick(simulation, 0.03, "mail server refused the connection"));
    beans.put("payments", quick(simulation, 0.22, "payment provider timed out"));
    beans.put("carrierCancel", quick(simulation, 0.0, ""));
    beans.put("erpLedger", (JavaDelegate) execution -> {
      simulation.spend(200 + simulation.below(3_000));
      if (simulation.chance(0.28)) {
        throw new IllegalStateException("ledger is locked by another booking");
      }
      execution.setVariable("invoiceNumber", "INV-" + (700_000 + simulation.below(99_999)));
    });
    beans.put("carrier", (JavaDelegate) execution -> {
      simulation.spend(300 + simulation.below(4_000));
      if (simulation.chance(0.08)) {
        throw new IllegalStateException("carrier did not answer in time");
      }
      execution.setVariable("shipOk", !simulation.chance(0.04));
    });
    return beans;
  }

  private static JavaDelegate quick(Simulation simulation, double failing, String message) {
    return execution -> {
      simulation.spend(80 + simulation.below(1_500));
      if (simulation.chance(failing)) {
        throw new IllegalStateException(message);
      }
    };
  }

  private Services() {}
}
