// Commands that the demonstration's pages show: what an application does with a person's token, and for a guest. They
// need only the AWS CLI (1.29 or 2.13 and newer).
import { endpointVariables, otherEndpoints } from '../client/endpoints.ts'
import { notesTable } from './dynamodb/notes.ts'

export interface Shell {
  /** URL of the APIs. */
  readonly url: string
  /** The folder from which `hallpass` runs, quoted as one word of a shell. */
  readonly folder: string
  /** Whether the shell may send even loopback requests to a proxy. */
  readonly proxied: boolean
  /** The command line that runs a hallpass command on this data folder. */
  readonly hallpass: (command: string) => string
  /** Quotes a path as one word of a shell. */
  readonly word: (text: string) => string
}

/** Variables that the commands unset: they would select other credentials. */
const credentialVariables = 'AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN'
const webIdentityVariables = 'AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_WEB_IDENTITY_TOKEN_FILE'

/** Here the tables are behind Hallpass as well. */
export const tablesEndpoint = 'AWS_ENDPOINT_URL_DYNAMODB'

const setEndpoint = ({ url, folder, proxied }: Shell) => [
  `cd ${folder}`,
  ...(proxied ? ['export NO_PROXY="127.0.0.1,$NO_PROXY" no_proxy="127.0.0.1,$no_proxy"'] : []),
  `unset ${credentialVariables}`,
  `unset ${webIdentityVariables}`,
  `unset ${otherEndpoints.join(' ')} ${tablesEndpoint}`,
  ...endpointVariables(url).map(([name, value]) => `export ${name}=${value}`),
  'export AWS_PAGER=',
  'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
]

export interface EmployeeCommands {
  readonly endpoint: string
  readonly assume: string
  readonly use: string
  readonly refused: string
  readonly notes: string
}

/** `writer`: as it stands in single quotes. */
const readNotes = (writer: string) => [
  `aws dynamodb query --table-name ${notesTable} --query 'Items[].text.S' \\`,
  `  --key-condition-expression 'writer = :w' --expression-attribute-values '{":w":{"S":"${writer}"}}'`,
]

/** Commands for somebody with a token. `file` holds the token. */
export function employeeCommands(
  shell: Shell,
  {
    name,
    other,
    role,
    file,
  }: { readonly name: string; readonly other: string; readonly role: string; readonly file: string },
): EmployeeCommands {
  const token = shell.word(file)
  return {
    endpoint: setEndpoint(shell).join('\n'),
    assume: [
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
    notes: [...readNotes(name), ...readNotes(other), shell.hallpass('why --last')].join('\n'),
  }
}

export interface GuestCommands {
  readonly endpoint: string
  readonly identity: string
  readonly credentials: string
  readonly notes: string
}

/** Commands for a guest of an identity pool: get an identity, then its credentials. */
export function guestCommands(shell: Shell, pool: string, other: string): GuestCommands {
  return {
    endpoint: setEndpoint(shell).join('\n'),
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
    notes: [
      `aws dynamodb put-item --table-name ${notesTable} \\`,
      `  --item '{"writer":{"S":"'$GUEST'"},"id":{"S":"1"},"text":{"S":"Hello."}}'`,
      ...readNotes("'$GUEST'"),
      ...readNotes(other),
      shell.hallpass('why --last'),
    ].join('\n'),
  }
}
