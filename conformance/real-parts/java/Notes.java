// DynamoDB by the AWS SDK for Java 2: `items`, `further` and `rows` as ../dynamodb-clients.test.ts compares them.
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.Tag;
import software.amazon.awssdk.services.dynamodb.model.TransactGetItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

final class Notes {
  private final DynamoDbClient client;
  private final String table;

  Notes(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  private static Map<String, AttributeValue> key(String writer, String id) {
    return Map.of("writer", text(writer), "id", text(id));
  }

  private static Map<String, AttributeValue> note(String writer, String id, String words) {
    return Map.of("writer", text(writer), "id", text(id), "words", text(words));
  }

  private static String words(Map<String, AttributeValue> item) {
    return item.containsKey("words") ? item.get("words").s() : "";
  }

  private static DynamoDbException refused(Runnable call) {
    try {
      call.run();
    } catch (DynamoDbException refused) {
      return refused;
    }
    throw new IllegalStateException("it was not refused");
  }

  private static String codeOf(DynamoDbException refused) {
    return refused.awsErrorDetails().errorCode();
  }

  /** Reads what its caller may, and is refused the rest. */
  Map<String, Object> rows() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("own", words(client.getItem(r -> r.tableName(table).key(key("ben", "1"))).item()));
    DynamoDbException refused = refused(() -> client.getItem(r -> r.tableName(table).key(key("ann", "1"))));
    facts.put("refused", Map.of("code", codeOf(refused), "message", refused.awsErrorDetails().errorMessage()));
    facts.put("scan", codeOf(refused(() -> client.scan(r -> r.tableName(table)))));
    return facts;
  }

  Map<String, Object> items() {
    client.createTable(
        r ->
            r.tableName(table)
                .attributeDefinitions(
                    d -> d.attributeName("writer").attributeType(ScalarAttributeType.S),
                    d -> d.attributeName("id").attributeType(ScalarAttributeType.S))
                .keySchema(
                    k -> k.attributeName("writer").keyType(KeyType.HASH),
                    k -> k.attributeName("id").keyType(KeyType.RANGE))
                .billingMode(BillingMode.PAY_PER_REQUEST));
    String arn;
    try (var waiter = client.waiter()) {
      arn = waiter.waitUntilTableExists(r -> r.tableName(table)).matched().response().get().table().tableArn();
    }
    Map<String, AttributeValue> first = new HashMap<>(note("ann", "1", "Grüße"));
    first.put("count", AttributeValue.fromN("42.5"));
    client.putItem(r -> r.tableName(table).item(first));
    var read = client.getItem(r -> r.tableName(table).key(key("ann", "1"))).item();
    var updated =
        client
            .updateItem(
                r ->
                    r.tableName(table)
                        .key(key("ann", "1"))
                        .updateExpression("SET #count = #count + :one")
                        .expressionAttributeNames(Map.of("#count", "count"))
                        .expressionAttributeValues(Map.of(":one", AttributeValue.fromN("1")))
                        .returnValues(ReturnValue.UPDATED_NEW))
            .attributes();
    var failed =
        (ConditionalCheckFailedException)
            refused(
                () ->
                    client.putItem(
                        r ->
                            r.tableName(table)
                                .item(key("ann", "1"))
                                .conditionExpression("attribute_not_exists(writer)")
                                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)));
    List<WriteRequest> requests = new ArrayList<>();
    List<Map<String, AttributeValue>> keys = new ArrayList<>();
    for (var each : List.of(note("ann", "2", "two"), note("ann", "3", "three"), note("ben", "1", "mine"))) {
      requests.add(WriteRequest.builder().putRequest(p -> p.item(each)).build());
      keys.add(Map.of("writer", each.get("writer"), "id", each.get("id")));
    }
    client.batchWriteItem(r -> r.requestItems(Map.of(table, requests)));
    var got =
        client.batchGetItem(
            r -> r.requestItems(Map.of(table, KeysAndAttributes.builder().keys(keys).build())));
    List<String> queried = new ArrayList<>();
    client
        .queryPaginator(
            r ->
                r.tableName(table)
                    .keyConditionExpression("writer = :w")
                    .expressionAttributeValues(Map.of(":w", text("ann")))
                    .limit(2))
        .items()
        .forEach(each -> queried.add(each.get("id").s()));
    int scanned = client.scan(r -> r.tableName(table)).count();
    var removed =
        client.deleteItem(r -> r.tableName(table).key(key("ann", "3")).returnValues(ReturnValue.ALL_OLD)).attributes();
    var missing = refused(() -> client.getItem(r -> r.tableName("absent").key(key("a", "b"))));
    client.tagResource(r -> r.resourceArn(arn).tags(Tag.builder().key("team").value("red").build()));
    Tag tag = client.listTagsOfResource(r -> r.resourceArn(arn)).tags().get(0);

    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("arn", arn);
    facts.put("read", Map.of("words", words(read), "count", read.get("count").n()));
    facts.put("updated", updated.get("count").n());
    facts.put("failed", Map.of("code", codeOf(failed), "words", words(failed.item())));
    facts.put("batch", got.responses().get(table).size());
    facts.put("query", queried);
    facts.put("scan", scanned);
    facts.put("removed", words(removed));
    facts.put("missing", codeOf(missing));
    facts.put("tags", tag.key() + "=" + tag.value());
    return facts;
  }

  /** What some backends lack: transactions, PartiQL, times to live. */
  Map<String, Object> further() {
    client.transactWriteItems(r -> r.transactItems(put(note("ann", "4", "four")), put(note("ann", "5", "five"))));
    var got = client.transactGetItems(r -> r.transactItems(get("ann", "4"), get("ann", "5")));
    TransactWriteItem condition =
        TransactWriteItem.builder()
            .put(
                p ->
                    p.tableName(table)
                        .item(key("ann", "1"))
                        .conditionExpression("attribute_not_exists(writer)")
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD))
            .build();
    var cancelled =
        (TransactionCanceledException)
            refused(() -> client.transactWriteItems(r -> r.transactItems(condition, put(key("ann", "9")))));

    state("INSERT INTO \"" + table + "\" VALUE {'writer': 'cleo', 'id': '1', 'words': 'said'}");
    state("INSERT INTO \"" + table + "\" VALUE {'writer': 'cleo', 'id': '2', 'words': 'gone'}");
    state("UPDATE \"" + table + "\" SET words = ? WHERE writer = ? AND id = ?", "changed", "cleo", "1");
    state("DELETE FROM \"" + table + "\" WHERE writer = 'cleo' AND id = '2'");
    var selected = state("SELECT * FROM \"" + table + "\" WHERE writer = ?", "cleo");

    client.updateTimeToLive(
        r -> r.tableName(table).timeToLiveSpecification(s -> s.attributeName("until").enabled(true)));
    var times = client.describeTimeToLive(r -> r.tableName(table)).timeToLiveDescription();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("transacted", got.responses().size());
    facts.put(
        "cancelled",
        Map.of(
            "codes", cancelled.cancellationReasons().stream().map(CancellationReason::code).toList(),
            "words", words(cancelled.cancellationReasons().get(0).item())));
    facts.put("selected", selected.stream().map(Notes::words).toList());
    facts.put("until", times.attributeName());
    return facts;
  }

  private TransactWriteItem put(Map<String, AttributeValue> item) {
    return TransactWriteItem.builder().put(p -> p.tableName(table).item(item)).build();
  }

  private TransactGetItem get(String writer, String id) {
    return TransactGetItem.builder().get(g -> g.tableName(table).key(key(writer, id))).build();
  }

  private List<Map<String, AttributeValue>> state(String statement, String... parameters) {
    List<AttributeValue> values = new ArrayList<>();
    for (String each : parameters) values.add(text(each));
    return client.executeStatement(r -> r.statement(statement).parameters(values.isEmpty() ? null : values)).items();
  }
}
