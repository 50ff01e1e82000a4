import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCanonical } from './canonical.ts'
import { canonicalBytes, withDocument } from './xml.ts'

const read = (text: string) => readCanonical(Buffer.from(text))

test('canonical XML is read with its namespaces, attributes and text', () => {
  const element = read(
    '<a:x xmlns:a="urn:a" xmlns:b="urn:b" n="1 &amp; &#x9;&quot;" b:m="2"><y xmlns="urn:y">&lt;é&gt;&#xD;\n</y>\n</a:x>',
  )
  assert.deepEqual(element, {
    ...{ namespace: 'urn:a', local: 'x', text: '' },
    attributes: new Map([['n', '1 & \t"']]),
    qualified: new Map([['urn:b m', '2']]),
    children: [
      { namespace: 'urn:y', local: 'y', text: '<é>\r\n', attributes: new Map(), qualified: new Map(), children: [] },
    ],
  })
})

test('text beside elements is no text', () => {
  assert.equal(read('<a>x<b></b></a>')?.text, undefined)
  assert.equal(read('<a> \n<b></b></a>')?.text, '')
})

const refused = {
  'an empty element in short form': '<a/>',
  'a reference that canonical form does not write': '<a>&#65;</a>',
  'an apostrophe as a reference': '<a>&apos;</a>',
  'an entity': '<a>&x;</a>',
  'a lone ampersand': '<a>&</a>',
  'a raw > in text': '<a>></a>',
  'a raw carriage return in text': '<a>\r</a>',
  'a raw line end in an attribute': '<a b="\n"></a>',
  'a raw < in an attribute': '<a b="<"></a>',
  'a quotation mark as a reference in text': '<a>&quot;</a>',
  'single quotes': "<a b='1'></a>",
  'two spaces before an attribute': '<a  b="1"></a>',
  'a space at the end of a tag': '<a b="1" ></a>',
  'a space in an end tag': '<a></a >',
  'an attribute twice': '<a b="1" b="2"></a>',
  'an attribute twice by two prefixes': '<a xmlns:p="urn:p" xmlns:q="urn:p" p:b="1" q:b="2"></a>',
  'a namespace behind an attribute': '<a b="1" xmlns:p="urn:p"></a>',
  'a name with two colons': '<p:a:b xmlns:p="urn:p"></p:a:b>',
  'a name that begins with a digit': '<1a></1a>',
  'a name without a local part': '<p: xmlns:p="urn:p"></p:>',
  'an undeclared prefix': '<p:a></p:a>',
  'an undeclared prefix of an attribute': '<a p:b="1"></a>',
  'an end tag of another element': '<a></b>',
  'an end tag that goes on': '<a></ab>',
  'an element that does not end': '<a>',
  'text behind the root': '<a></a>x',
  'a second root': '<a></a><b></b>',
  'a comment': '<a><!-- --></a>',
  'a processing instruction': '<a><?x ?></a>',
  CDATA: '<a><![CDATA[x]]></a>',
  'a declaration': '<?xml version="1.0"?><a></a>',
  'a document type': '<!DOCTYPE a><a></a>',
  nothing: '',
}
for (const [name, text] of Object.entries(refused))
  test(`not canonical: ${name}`, () => assert.equal(read(text), undefined))

test('what libxml2 canonicalises is read, whatever its spelling was', () => {
  const spelled = "<a  xmlns:u='urn:unused' c='&#10;&apos;' b=\"1\"\n><b xmlns='urn:b' />&#65;&#13;\r\n&gt;</a>"
  const bytes = withDocument(Buffer.from(spelled), (document) => canonicalBytes(document, document.root))
  assert.equal(bytes?.toString(), '<a b="1" c="&#xA;\'"><b xmlns="urn:b"></b>A&#xD;\n&gt;</a>')
  assert.equal(read(bytes?.toString() ?? '')?.attributes.get('c'), "\n'")
})
