package company;

import java.util.List;
import java.util.Map;

/** One maturity of the company: everything in which the three differ, beside their models. */
interface Scenario {

  /** Name of the folder of models and of the export. */
  String name();

  long seed();

  /** Days from the first release to the export. */
  int days();

  /** How often the engine tries a job where the model says nothing. */
  int defaultTries();

  List<Release> releases();

  List<Demand> demands();

  /** Candidate group → people. */
  Map<String, List<String>> staff();

  List<Step> steps();

  List<Endpoint> endpoints();

  List<Flaw> flaws();

  List<Reply> replies();

  /** Message → tenant that it is for, where that is another one than the sender's. */
  Map<String, String> routes();

  Operator operator();

  List<Intervention> interventions();
}
