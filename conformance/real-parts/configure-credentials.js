// The sequence of GitHub's configure-aws-credentials action with a job's token, by the same calls of the same SDK: roles are
// assumed without any credentials, the session goes into the environment, a new client must find it there, and a signed
// GetCallerIdentity must say Account and Arn. It runs as a step of a job does: told everything by its environment.
import { readFileSync } from 'node:fs'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const { ROLE_TO_ASSUME, ID_TOKEN_FILE, AWS_REGION: region } = process.env
const sts = new STSClient({ region, customUserAgent: 'configure-aws-credentials-for-github-actions' })

const wanted = {
  RoleArn: ROLE_TO_ASSUME,
  RoleSessionName: 'GitHubActions',
  DurationSeconds: 3600,
  Tags: [
    { Key: 'GitHub', Value: 'Actions' },
    { Key: 'Repository', Value: 'company/app' },
    { Key: 'Branch', Value: 'refs/heads/main' },
  ],
}
// Tags of a web identity come from its token: the action takes its own out.
delete wanted.Tags
const WebIdentityToken = readFileSync(ID_TOKEN_FILE, 'utf8')
const { Credentials } = await sts.send(new AssumeRoleWithWebIdentityCommand({ ...wanted, WebIdentityToken }))
process.env.AWS_ACCESS_KEY_ID = Credentials.AccessKeyId
process.env.AWS_SECRET_ACCESS_KEY = Credentials.SecretAccessKey
process.env.AWS_SESSION_TOKEN = Credentials.SessionToken

const loaded = await new STSClient({}).config.credentials()
if (loaded.accessKeyId !== Credentials.AccessKeyId) throw new Error('other credentials are in the environment')

const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}))
if (!Account || !Arn) throw new Error('Could not get Account ID or ARN from STS. Did you set credentials?')
console.log(JSON.stringify({ Account, Arn, expires: Credentials.Expiration }))
