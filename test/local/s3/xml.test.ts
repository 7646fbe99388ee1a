import { describe, expect, it } from 'vitest';
import { readFields, readXml, writeXml } from '../../../local/s3/xml.ts';

describe('readXml', () => {
  it('reads elements, entities and the spaces of texts', () => {
    const text = '<?xml version="1.0"?>\n<A xmlns="http://x/">\n <B> a&amp;b&#x41;&#66; </B><C/>\n</A>\n';

    const fields = readFields(readXml(text, 'A'), ['B', 'C']);

    expect(fields).toEqual({ B: ' a&bAB ', C: '' });
  });

  it.each([
    ['nothing', ''],
    ['another root', '<B/>'],
    ['two roots', '<A/><A/>'],
    ['text after the root', '<A/>x'],
    ['text before the root', 'x<A/>'],
    ['an element that is not closed', '<A><B></A>'],
    ['a stray end', '<A/></A>'],
    ['text between elements', '<A><B/>x</A>'],
    ['an attribute', '<A b="c"/>'],
    ['a comment', '<A><!-- c --></A>'],
    ['CDATA', '<A><![CDATA[x]]></A>'],
    ['a document type', '<!DOCTYPE A [<!ENTITY e "x">]><A>&e;</A>'],
    ['an unknown entity', '<A>&e;</A>'],
    ['a bare ampersand', '<A>a & b</A>'],
    ['a character beyond Unicode', '<A>&#x110000;</A>'],
  ])('refuses %s', (_, text) => {
    const read = () => readXml(text, 'A');

    expect(read).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });

  it.each([
    ['NotImplemented', '<A><Unknown/></A>'],
    ['MalformedXML', '<A><B/><B/></A>'],
    ['MalformedXML', '<A><B><C/></B></A>'],
  ])('answers %s to the fields of %s', (code, text) => {
    const read = () => readFields(readXml(text, 'A'), ['B']);

    expect(read).toThrow(expect.objectContaining({ code }));
  });
});

describe('writeXml', () => {
  it('writes texts so that they are read as they were', () => {
    const text = ' <&>"\'\r\n\u0001 ä😀';

    const read = readXml(writeXml(['A', [['B', text]]]), 'A');

    expect(read.children[0]?.text).toBe(text);
  });
});
