// A program on the AWS SDK for Go v2 with its default chains: nothing but the environment and the shared config file tell
// it who it is and where to go. It writes one line of JSON: its identity and the roles it sees, or what it was refused with.
// With the word `who` it runs for long: for each line that it reads, it says who it is, and with which key.
// With the words `items TABLE`, `further TABLE` or `rows TABLE` it uses DynamoDB, and writes what it saw.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

type line struct {
	Arn     string   `json:",omitempty"`
	Roles   []string `json:",omitempty"`
	Code    string   `json:",omitempty"`
	Message string   `json:",omitempty"`
}

func run(ctx context.Context) (line, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return line{}, err
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, nil)
	if err != nil {
		return line{}, err
	}
	listed, err := iam.NewFromConfig(settings).ListRoles(ctx, nil)
	if err != nil {
		return line{}, err
	}
	roles := make([]string, 0, len(listed.Roles))
	for _, role := range listed.Roles {
		roles = append(roles, *role.RoleName)
	}
	return line{Arn: *identity.Arn, Roles: roles}, nil
}

// who is a program that keeps its client.
func who(ctx context.Context) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	client := sts.NewFromConfig(settings)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		said := map[string]string{}
		if identity, err := client.GetCallerIdentity(ctx, nil); err != nil {
			said["Message"] = err.Error()
		} else if keys, err := settings.Credentials.Retrieve(ctx); err != nil {
			said["Message"] = err.Error()
		} else {
			said["Arn"], said["Key"] = *identity.Arn, keys.AccessKeyID
		}
		if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
			panic(err)
		}
	}
}

var uses = map[string]func(context.Context, *dynamodb.Client, string) facts{"items": items, "further": further, "rows": rows}

func use(ctx context.Context, what, table string) (told any, err error) {
	defer func() {
		switch broken := recover().(type) {
		case nil:
		case error:
			err = broken
		default:
			err = fmt.Errorf("%v", broken)
		}
	}()
	settings := must(config.LoadDefaultConfig(ctx))
	return uses[what](ctx, dynamodb.NewFromConfig(settings), table), nil
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "who" {
		who(context.Background())
		return
	}
	var told any
	var err error
	if len(os.Args) > 2 {
		told, err = use(context.Background(), os.Args[1], os.Args[2])
	} else {
		told, err = run(context.Background())
	}
	if err != nil {
		said := line{Message: err.Error()}
		var refused smithy.APIError
		if errors.As(err, &refused) {
			said = line{Code: refused.ErrorCode(), Message: refused.ErrorMessage()}
		}
		told = said
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}
