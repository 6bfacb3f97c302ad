package company;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What happens in a step of a process: how long people need, what is decided, which business error may come of it.
 *
 * @param waits minutes of office time until somebody claims it, on average
 * @param takes minutes of office time that it takes
 * @param forgotten the chance that nobody ever does it
 * @param bot the account that does it instead of people; null for people
 */
record Step(String element, int waits, int takes, double forgotten, String bot, List<Effect> effects,
    List<BusinessError> errors) {

  interface Effect {
    void apply(Simulation simulation, Map<String, Object> variables);
  }

  record BusinessError(String code, double chance) {}

  static Step of(String element) {
    return new Step(element, 60, 15, 0, null, List.of(), List.of());
  }

  static Step of(String element, int waits, int takes) {
    return new Step(element, waits, takes, 0, null, List.of(), List.of());
  }

  Step forgotten(double chance) {
    return new Step(element, waits, takes, chance, bot, effects, errors);
  }

  Step by(String account) {
    return new Step(element, waits, takes, forgotten, account, effects, errors);
  }

  /** Sets a variable to true with the given chance, else to false. */
  Step decides(String variable, double chance) {
    return with((simulation, variables) -> variables.put(variable, simulation.chance(chance)));
  }

  /** Sets a variable to one of the values. */
  Step picks(String variable, Object... values) {
    return with((simulation, variables) -> variables.put(variable, values[simulation.below(values.length)]));
  }

  /** Sets a variable to a number from {@code low} to {@code high}. */
  Step counts(String variable, int low, int high) {
    return with((simulation, variables) -> variables.put(variable, low + simulation.below(high - low + 1)));
  }

  Step error(String code, double chance) {
    List<BusinessError> all = new ArrayList<>(errors);
    all.add(new BusinessError(code, chance));
    return new Step(element, waits, takes, forgotten, bot, effects, all);
  }

  private Step with(Effect effect) {
    List<Effect> all = new ArrayList<>(effects);
    all.add(effect);
    return new Step(element, waits, takes, forgotten, bot, all, errors);
  }

  void apply(Simulation simulation, Map<String, Object> variables) {
    effects.forEach(effect -> effect.apply(simulation, variables));
  }

  /** The code of a business error that happens this time, or null. */
  String errorThisTime(Simulation simulation) {
    return errors.stream().filter(error -> simulation.chance(error.chance())).map(BusinessError::code).findFirst()
        .orElse(null);
  }
}
