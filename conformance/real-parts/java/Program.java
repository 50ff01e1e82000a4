// A program on the AWS SDK for Java 2 with its default chains: nothing but the environment and the shared config file tell
// it who it is and where to go. It writes one line of JSON: its identity and the roles it sees, or what it was refused with.
// With the words `items TABLE`, `further TABLE` or `rows TABLE` it uses DynamoDB, and writes what it saw.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.sts.StsClient;

public final class Program {
  public static void main(String[] arguments) {
    Object told;
    try {
      told = arguments.length > 1 ? used(arguments[0], arguments[1]) : identity();
    } catch (AwsServiceException refused) {
      String code = refused.awsErrorDetails().errorCode();
      told = Map.of("Code", code, "Message", refused.awsErrorDetails().errorMessage());
    } catch (SdkClientException broken) {
      told = Map.of("Message", broken.getMessage());
    }
    new PrintStream(System.out, true, StandardCharsets.UTF_8).println(json(told));
  }

  private static Object identity() {
    try (StsClient sts = StsClient.create(); IamClient iam = IamClient.builder().region(Region.AWS_GLOBAL).build()) {
      String arn = sts.getCallerIdentity().arn();
      return Map.of("Arn", arn, "Roles", iam.listRoles().roles().stream().map(role -> role.roleName()).toList());
    }
  }

  private static Object used(String what, String table) {
    try (DynamoDbClient client = DynamoDbClient.create()) {
      Notes notes = new Notes(client, table);
      return switch (what) {
        case "items" -> notes.items();
        case "further" -> notes.further();
        case "rows" -> notes.rows();
        default -> throw new IllegalArgumentException(what);
      };
    }
  }

  private static String json(Object value) {
    if (value instanceof Map<?, ?> map)
      return map.entrySet().stream()
          .map(each -> json(each.getKey()) + ":" + json(each.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    if (value instanceof List<?> list)
      return list.stream().map(Program::json).collect(Collectors.joining(",", "[", "]"));
    if (value instanceof Number) return value.toString();
    return '"' + String.valueOf(value).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
