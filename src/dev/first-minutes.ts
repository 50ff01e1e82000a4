// The script that development mode prints: commands to paste into another shell that has the AWS CLI (1.29 or 2.13 and
// newer), from GetCallerIdentity to a refusal and its reason.
import { otherEndpoints } from '../client/endpoints.ts'
import { tablesEndpoint } from './app-commands.ts'
import { demonstrationConnector, developerRole, engineering, externalId, production } from './demonstration.ts'
import { notesTable } from './dynamodb/notes.ts'

export interface Place {
  /** The folder to which the other shell changes first. */
  readonly folder: string
  /** The path of the data folder from there. */
  readonly data: string
  /** The command line that runs a hallpass command on this data folder from there. */
  readonly hallpass: (command: string) => string
  /** Whether an earlier run made the role of step 2. */
  readonly roleMade: boolean
  /** Whether the shell may send even loopback requests to a proxy. */
  readonly proxied: boolean
  /** Whether the shell is zsh, which allows comments in a terminal only with an option. */
  readonly zsh: boolean
  /** URL of the start page, and the password of the company directory's people; undefined when there are no pages. */
  readonly pages: Pages | undefined
}

export interface Pages {
  readonly url: string
  readonly directoryPassword: string
}

/** The role that the script makes. */
export const scriptRole = 'reports'

const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`
const getNote = (writer: string, profile = '', id = '1') =>
  `aws ${profile}dynamodb get-item --table-name ${notesTable} --key ${quoted({ writer: { S: writer }, id: { S: id } })}`
const quoted = (document: object) => `'${JSON.stringify(document)}'`

const trust = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${engineering}:root` },
    Action: 'sts:AssumeRole',
  },
}
const permissions = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:List*', Resource: '*' } }

/** Variables that would win over the profiles. */
const overriding = [
  'AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION',
  ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS', tablesEndpoint, ...otherEndpoints].join(' '),
]

/** The script, a line each. Every line that is not a command is a comment: all of it can be pasted at once. */
export function firstMinutes({ folder, data, hallpass, roleMade, proxied, zsh, pages }: Place): readonly string[] {
  const make = [
    '# 2. Make a role (alice may, with developer-boundary as its boundary) and give it a policy.',
    `aws iam create-role --role-name ${scriptRole} \\`,
    `  --permissions-boundary arn:aws:iam::${engineering}:policy/developer-boundary \\`,
    `  --assume-role-policy-document ${quoted(trust)}`,
    `aws iam put-role-policy --role-name ${scriptRole} --policy-name list \\`,
    `  --policy-document ${quoted(permissions)}`,
  ]
  const look = [
    '# 2. Show the role that an earlier run made.',
    `aws iam get-role --role-name ${scriptRole} --query Role.Arn`,
  ]
  return [
    ...(zsh ? ['setopt interactivecomments'] : []),
    '# 0. Use the profile of alice, a developer in account engineering.',
    `cd ${folder}`,
    ...overriding.map((names) => `unset ${names}`),
    ...(proxied ? ['export NO_PROXY="127.0.0.1,$NO_PROXY" no_proxy="127.0.0.1,$no_proxy"'] : []),
    `export AWS_CONFIG_FILE="$PWD/${data}/aws/config" AWS_SHARED_CREDENTIALS_FILE="$PWD/${data}/aws/credentials"`.replaceAll(
      '$PWD//',
      '/',
    ),
    'export AWS_PROFILE=alice',
    '',
    '# 1. Who am I?',
    'aws sts get-caller-identity',
    '',
    ...(roleMade ? look : make),
    '',
    '# 3. Assume it: the answer is an access key, a secret and a session token that expire in an hour.',
    `aws sts assume-role --role-arn ${role(engineering, scriptRole)} --role-session-name alice`,
    '',
    `# 4. Use it (profile ${scriptRole} assumes it by itself).`,
    `aws --profile ${scriptRole} sts get-caller-identity`,
    `aws --profile ${scriptRole} iam list-users --query 'Users[].UserName'`,
    '',
    '# 5. See a refusal: the policy allows iam:List*, but the boundary denies this action. And ask why.',
    `aws --profile ${scriptRole} iam list-access-keys --user-name bob`,
    hallpass('why --last'),
    '',
    '# 6. Assume a role in account production: refused without the external id in its trust policy, allowed with it.',
    `aws sts assume-role --role-arn ${role(production, 'deployer')} --role-session-name release`,
    hallpass('why --last'),
    `aws sts assume-role --role-arn ${role(production, 'deployer')} --role-session-name release --external-id ${externalId}`,
    '',
    `# 7. List the sessions. (To end them: ${hallpass(`sessions revoke --role ${role(engineering, scriptRole)}`)})`,
    hallpass('sessions list'),
    '',
    '# 8. Get a row of alice’s own from a table behind Hallpass, and be refused one of bob’s. And ask why.',
    getNote('alice'),
    getNote('bob'),
    hallpass('why --last'),
    ...(pages === undefined ? [] : withoutKey(pages, hallpass)),
  ]
}

/** People of the company directory: no key of their own, and none of the broker's. */
function withoutKey({ url, directoryPassword }: Pages, hallpass: Place['hallpass']) {
  const ask = (more: object) => [
    `curl -sS ${url}/broker/credentials -H 'Content-Type: application/json' \\`,
    `  -d ${quoted({ connector: demonstrationConnector, login: 'ben', password: directoryPassword, ...more })}`,
  ]
  return [
    '',
    '# 9. A program of ben’s, with his company login and no key: credentials of a federated user, limited by what his groups may have,',
    '#    and credentials of a role.',
    ...ask({}),
    ...ask({ role: role(engineering, developerRole) }),
    hallpass('people explain ben'),
  ]
}

/**
 * What a person tries in the other shell, a line at a time: the sign-in waits for the person, and may read what is pasted after it.
 * `invocation`: how this executable is called from there, for commands that are for no data folder.
 */
export const asPerson = (
  { url, directoryPassword }: Pages,
  { hallpass, invocation }: Pick<Place, 'hallpass'> & { readonly invocation: string },
): readonly string[] => [
  `# In a shell, as ben with password ${directoryPassword}: a profile that renews by itself.`,
  `${invocation} login --url ${url} --role ${developerRole} --profile example`,
  'aws --profile example sts get-caller-identity',
  `aws --profile example dynamodb put-item --table-name ${notesTable} --item ${quoted({ writer: { S: 'ben' }, id: { S: '1' }, text: { S: 'Mine.' } })}`,
  getNote('ben', '--profile example '),
  getNote('bob', '--profile example '),
  `${invocation} logout`,
  '',
  '# A role that needs a second factor: in the browser as ann, directory-administrator of production. Its page asks for this code.',
  hallpass('people enrol ann'),
]
