package orders;
public final class Main { public static void main(String[] a) { System.out.println(org.camunda.bpm.engine.ProcessEngine.VERSION); } }
