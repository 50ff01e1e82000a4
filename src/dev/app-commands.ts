// Commands that the demonstration's pages show: what an application does with a person's token, and with a guest. They
// need the AWS CLI alone (1.29 or 2.13 and newer).
import { endpointVariables, otherEndpoints } from '../client/endpoints.ts'

export interface Shell {
  /** URL of the APIs. */
  readonly url: string
  /** The folder that `hallpass` is called from, as one word. */
  readonly folder: string
  /** The shell may send even loopback requests to a proxy. */
  readonly proxied: boolean
  /** How hallpass is called, with what it needs to find the data folder. */
  readonly hallpass: (command: string) => string
  /** A path as one word of a shell. */
  readonly word: (text: string) => string
}

const strangers = 'AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN'
const federated = 'AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_WEB_IDENTITY_TOKEN_FILE'

const aim = ({ url, folder, proxied }: Shell) => [
  `cd ${folder}`,
  ...(proxied ? ['export NO_PROXY="127.0.0.1,$NO_PROXY" no_proxy="127.0.0.1,$no_proxy"'] : []),
  `unset ${strangers}`,
  `unset ${federated}`,
  `unset ${otherEndpoints.join(' ')}`,
  ...endpointVariables(url).map(([name, value]) => `export ${name}=${value}`),
  'export AWS_PAGER=',
  'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
]

export interface EmployeeCommands {
  readonly aim: string
  readonly trade: string
  readonly use: string
  readonly refused: string
}

/** What somebody with a token can do. `file` holds the token. */
export function employeeCommands(shell: Shell, name: string, role: string, file: string): EmployeeCommands {
  const token = shell.word(file)
  return {
    aim: aim(shell).join('\n'),
    trade: [
      'aws sts assume-role-with-web-identity \\',
      `  --role-arn ${role} --role-session-name ${name} \\`,
      `  --web-identity-token "$(cat ${token})"`,
    ].join('\n'),
    use: [
      `export AWS_WEB_IDENTITY_TOKEN_FILE=${token}`,
      `export AWS_ROLE_ARN=${role}`,
      `export AWS_ROLE_SESSION_NAME=${name}`,
      'aws sts get-caller-identity',
      "aws iam list-roles --query 'Roles[].RoleName'",
    ].join('\n'),
    refused: ['aws iam create-user --user-name mallory', shell.hallpass('why --last')].join('\n'),
  }
}

export interface GuestCommands {
  readonly aim: string
  readonly identity: string
  readonly credentials: string
}

/** What a guest of an identity pool does: become an identity, and have its credentials. */
export function guestCommands(shell: Shell, pool: string): GuestCommands {
  return {
    aim: aim(shell).join('\n'),
    identity: [
      'GUEST=$(aws cognito-identity get-id --no-sign-request \\',
      `  --identity-pool-id ${pool} \\`,
      '  --query IdentityId --output text)',
      'echo "$GUEST"',
    ].join('\n'),
    credentials: [
      'set -- $(aws cognito-identity get-credentials-for-identity \\',
      '  --no-sign-request --identity-id "$GUEST" \\',
      "  --query 'Credentials.[AccessKeyId,SecretKey,SessionToken]' --output text)",
      'export AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3',
      'aws sts get-caller-identity',
    ].join('\n'),
  }
}
