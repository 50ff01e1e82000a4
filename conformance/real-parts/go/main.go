// A program on the AWS SDK for Go v2 with its default chains: nothing but the environment and the shared config file tell
// it who it is and where to go. It writes one line of JSON: its identity and the roles it sees, or what it was refused with.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
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

func main() {
	told, err := run(context.Background())
	if err != nil {
		told = line{Message: err.Error()}
		var refused smithy.APIError
		if errors.As(err, &refused) {
			told = line{Code: refused.ErrorCode(), Message: refused.ErrorMessage()}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}
