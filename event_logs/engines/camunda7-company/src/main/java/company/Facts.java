package company;

import java.util.LinkedHashMap;
import java.util.Map;

/** Variables with which instances start, in a fixed order. */
final class Facts {

  private static final int[] AMOUNTS = {45, 90, 180, 320, 450, 800, 1_200, 2_600, 5_600, 9_900};

  static Map<String, Object> of(Object... namesAndValues) {
    Map<String, Object> facts = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      facts.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return facts;
  }

  static int amount(Simulation simulation) {
    return AMOUNTS[simulation.below(AMOUNTS.length)];
  }

  static String customer(Simulation simulation) {
    return "C" + (100 + simulation.below(80));
  }

  private Facts() {}
}
