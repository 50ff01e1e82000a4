// An API of one's own, authorized by IAM: HALLPASS_URL=… NOTES_KEY=key.pem node notes-service.mjs
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { arn, createGuard } from 'hallpass/guard'

const { HALLPASS_URL: url, NOTES_KEY, PORT = '8080' } = process.env
const proof = { privateKey: readFileSync(NOTES_KEY, 'utf8') }
const guard = createGuard({ url, service: 'notes.example.com', signingName: 'notes', proof, onProblem: console.error })
const notes = new Map()
const wish = ({ method, url }) => ({
  action: method === 'PUT' ? 'notes:Write' : 'notes:Read',
  resource: arn`arn:aws:notes:eu-west-1:111122223333:note/${url.slice('/notes/'.length)}`,
})
const handle = ({ method, url }, response, { caller, body }) => {
  if (method === 'PUT') notes.set(url, String(body))
  response.end(JSON.stringify({ note: notes.get(url) ?? null, caller: caller.arn }))
}
createServer(guard.node(wish, handle)).listen(PORT, '127.0.0.1', () => console.log('listening'))
