// A program on the AWS SDK for Java 2 with its default chains: nothing but the environment and the shared config file tell
// it who it is and where to go. It writes one line of JSON: its identity and the roles it sees, or what it was refused with.
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.sts.StsClient;

public final class Program {
  public static void main(String[] arguments) {
    try (StsClient sts = StsClient.create(); IamClient iam = IamClient.builder().region(Region.AWS_GLOBAL).build()) {
      String arn = sts.getCallerIdentity().arn();
      String roles =
          iam.listRoles().roles().stream().map(role -> quoted(role.roleName())).collect(Collectors.joining(","));
      System.out.println("{\"Arn\":" + quoted(arn) + ",\"Roles\":[" + roles + "]}");
    } catch (AwsServiceException refused) {
      String code = refused.awsErrorDetails().errorCode();
      String message = refused.awsErrorDetails().errorMessage();
      System.out.println("{\"Code\":" + quoted(code) + ",\"Message\":" + quoted(message) + "}");
    }
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
