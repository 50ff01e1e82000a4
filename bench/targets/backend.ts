// What stands behind the gateway and behind the bare proxy: a node:http server that verifies nothing, keeps nothing, and answers each
// operation with the same bytes.
import { createServer } from 'node:http'
import { serveParent } from './child.ts'

/** A row of about 1 KB. */
const item = {
  id: { S: 'user-7' },
  at: { N: '1764547200' },
  title: { S: 'A row as an application might keep it' },
  text: { S: 'x'.repeat(700) },
  tags: { SS: ['blue', 'green', 'red'] },
  counts: { M: { read: { N: '12' }, written: { N: '7' } } },
  open: { BOOL: true },
}
const named = (type: string) => (name: string) => ({ AttributeName: name, [type]: name === 'id' ? 'HASH' : 'RANGE' })
const table = (name: string) => ({
  TableName: name,
  TableStatus: 'ACTIVE',
  TableArn: `arn:aws:dynamodb:local:000000000000:table/${name}`,
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'N' },
  ],
  KeySchema: (name === 'events' ? ['id', 'at'] : ['id']).map(named('KeyType')),
})

const answers: Readonly<Record<string, string>> = {
  GetItem: JSON.stringify({ Item: item }),
  PutItem: '{}',
  Query: JSON.stringify({ Count: 1, Items: [item], ScannedCount: 1 }),
  BatchGetItem: JSON.stringify({
    Responses: { rows: Array.from({ length: 25 }, () => item) },
    UnprocessedKeys: {},
  }),
}

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    const body =
      operation === 'DescribeTable'
        ? JSON.stringify({ Table: table(JSON.parse(Buffer.concat(parts).toString()).TableName) })
        : (answers[operation] ?? '{}')
    response.writeHead(200, {
      'Content-Type': 'application/x-amz-json-1.0',
      'Content-Length': body.length,
      'x-amzn-RequestId': '2J8VQ6C2Q4I0Q9F5A7B3S1D6E8VV4KQNSO5AEMVJF66Q9ASUAAJG',
      'x-amz-crc32': '2745614147',
    })
    response.end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  serveParent({ port })
})
