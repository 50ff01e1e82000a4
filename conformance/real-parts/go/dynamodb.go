package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// facts is what ../dynamodb-clients.test.ts compares.
type facts map[string]any

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func key(writer, id string) item { return item{"writer": text(writer), "id": text(id)} }

func note(writer, id, words string) item {
	return item{"writer": text(writer), "id": text(id), "words": text(words)}
}

func textOf(from item, name string) string {
	switch value := from[name].(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		return value.Value
	}
	return ""
}

func idsOf(items []item) []string {
	ids := []string{}
	for _, each := range items {
		ids = append(ids, textOf(each, "id"))
	}
	return ids
}

func codeOf(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return "no refusal"
}

// must ends the program's work: run's caller says what it was.
func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

// rows reads what its caller may, and is refused the rest.
func rows(ctx context.Context, client *dynamodb.Client, table string) facts {
	read := must(client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key("ben", "1")}))
	_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key("ann", "1")})
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		panic("somebody else's row was read")
	}
	_, scanned := client.Scan(ctx, &dynamodb.ScanInput{TableName: &table})
	return facts{
		"own":     textOf(read.Item, "words"),
		"refused": facts{"code": refused.ErrorCode(), "message": refused.ErrorMessage()},
		"scan":    codeOf(scanned),
	}
}

func items(ctx context.Context, client *dynamodb.Client, table string) facts {
	must(client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("writer"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("writer"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("id"), KeyType: types.KeyTypeRange},
		},
		BillingMode: types.BillingModePayPerRequest,
	}))
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 50 * time.Millisecond
	})
	described := must(waiter.WaitForOutput(ctx, &dynamodb.DescribeTableInput{TableName: &table}, time.Minute))
	arn := *described.Table.TableArn

	first := note("ann", "1", "Grüße")
	first["count"] = &types.AttributeValueMemberN{Value: "42.5"}
	must(client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: first}))
	read := must(client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key("ann", "1")})).Item
	updated := must(client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &table,
		Key:                       key("ann", "1"),
		UpdateExpression:          aws.String("SET #count = #count + :one"),
		ExpressionAttributeNames:  map[string]string{"#count": "count"},
		ExpressionAttributeValues: item{":one": &types.AttributeValueMemberN{Value: "1"}},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})).Attributes

	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &table,
		Item:                                key("ann", "1"),
		ConditionExpression:                 aws.String("attribute_not_exists(writer)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		panic(err)
	}

	requests := []types.WriteRequest{}
	keys := []item{}
	for _, each := range []item{note("ann", "2", "two"), note("ann", "3", "three"), note("ben", "1", "mine")} {
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: each}})
		keys = append(keys, item{"writer": each["writer"], "id": each["id"]})
	}
	must(client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{table: requests},
	}))
	got := must(client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys}},
	}))
	queried := []item{}
	query := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName:                 &table,
		KeyConditionExpression:    aws.String("writer = :w"),
		ExpressionAttributeValues: item{":w": text("ann")},
		Limit:                     aws.Int32(2),
	})
	for query.HasMorePages() {
		queried = append(queried, must(query.NextPage(ctx)).Items...)
	}
	scanned := must(client.Scan(ctx, &dynamodb.ScanInput{TableName: &table}))
	removed := must(client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &table, Key: key("ann", "3"), ReturnValues: types.ReturnValueAllOld,
	}))
	_, missing := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("absent"), Key: key("a", "b")})
	must(client.TagResource(ctx, &dynamodb.TagResourceInput{
		ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}},
	}))
	tags := must(client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &arn})).Tags

	return facts{
		"arn":     arn,
		"read":    facts{"words": textOf(read, "words"), "count": textOf(read, "count")},
		"updated": textOf(updated, "count"),
		"failed":  facts{"code": failed.ErrorCode(), "words": textOf(failed.Item, "words")},
		"batch":   len(got.Responses[table]),
		"query":   idsOf(queried),
		"scan":    scanned.Count,
		"removed": textOf(removed.Attributes, "words"),
		"missing": codeOf(missing),
		"tags":    *tags[0].Key + "=" + *tags[0].Value,
	}
}

// further is what some backends lack: transactions, PartiQL, times to live.
func further(ctx context.Context, client *dynamodb.Client, table string) facts {
	put := func(each item) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: each}}
	}
	get := func(writer, id string) types.TransactGetItem {
		return types.TransactGetItem{Get: &types.Get{TableName: &table, Key: key(writer, id)}}
	}
	must(client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{put(note("ann", "4", "four")), put(note("ann", "5", "five"))},
	}))
	got := must(client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{
		TransactItems: []types.TransactGetItem{get("ann", "4"), get("ann", "5")},
	}))
	condition := put(key("ann", "1"))
	condition.Put.ConditionExpression = aws.String("attribute_not_exists(writer)")
	condition.Put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{condition, put(key("ann", "9"))},
	})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		panic(err)
	}
	codes := []string{}
	for _, reason := range cancelled.CancellationReasons {
		codes = append(codes, *reason.Code)
	}

	state := func(statement string, parameters ...string) []item {
		input := &dynamodb.ExecuteStatementInput{Statement: &statement}
		for _, each := range parameters {
			input.Parameters = append(input.Parameters, text(each))
		}
		return must(client.ExecuteStatement(ctx, input)).Items
	}
	state(`INSERT INTO "` + table + `" VALUE {'writer': 'cleo', 'id': '1', 'words': 'said'}`)
	state(`INSERT INTO "` + table + `" VALUE {'writer': 'cleo', 'id': '2', 'words': 'gone'}`)
	state(`UPDATE "`+table+`" SET words = ? WHERE writer = ? AND id = ?`, "changed", "cleo", "1")
	state(`DELETE FROM "` + table + `" WHERE writer = 'cleo' AND id = '2'`)
	selected := []string{}
	for _, each := range state(`SELECT * FROM "`+table+`" WHERE writer = ?`, "cleo") {
		selected = append(selected, textOf(each, "words"))
	}

	must(client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: aws.Bool(true)},
	}))
	times := must(client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table}))
	return facts{
		"transacted": len(got.Responses),
		"cancelled":  facts{"codes": codes, "words": textOf(cancelled.CancellationReasons[0].Item, "words")},
		"selected":   selected,
		"until":      *times.TimeToLiveDescription.AttributeName,
	}
}
