// Stands in for Hallpass behind the metadata agent: it enrols a machine that joins, and gives credentials for whatever an assertion asks.
import { createServer } from 'node:http'
import { serveParent } from './child.ts'

const account = '111122223333'

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const asked = JSON.parse(Buffer.concat(parts).toString()) as { task?: string }
    const answer = request.url === '/workload/join' ? enrolment : credentialsOf(asked.task ?? 'instance')
    const body = JSON.stringify({ ...answer, requestId: '019ca945-0a00-7c3c-9a85-30dd575160d6' })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
})

const enrolment = {
  ...{ machine: 'i-0123456789abcdef0', name: 'bench', account, region: 'eu-central-1' },
  audience: 'https://hallpass.corp.example',
}

function credentialsOf(role: string) {
  const arn = `arn:aws:iam::${account}:role/${role}`
  return {
    Credentials: {
      AccessKeyId: 'ASIA0123456789ABCDEF',
      SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      // As long as those of Hallpass.
      SessionToken: `${role}.`.padEnd(600, 'x'),
      Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
    },
    AssumedRoleUser: { AssumedRoleId: 'AROA:bench', Arn: arn },
    RoleArn: arn,
  }
}

server.listen(0, '127.0.0.1', () => serveParent({ port: (server.address() as { port: number }).port }))
