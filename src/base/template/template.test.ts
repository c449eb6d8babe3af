import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compile } from './evaluate.ts';

const data = {
  Name: 'web', Count: 3, Zero: 0, Yes: true, None: null, Items: ['a', 'b'], Map: { b: '2', a: '1' }, Deep: { Inner: { X: 'x' } },
  Labels: { one: '1' }, Label: (name: unknown) => `<${String(name)}>`,
};

const prints: readonly (readonly [template: string, output: string])[] = [
  ['plain', 'plain'],
  ['{{.Name}}', 'web'],
  ['{{ .Deep.Inner.X }}', 'x'],
  ['{{.Label "k"}}', '<k>'],
  ['{{"k" | .Label}}', '<k>'],
  ['{{json .Map}}', '{"b":"2","a":"1"}'],
  ['{{.Map}}', 'map[a:1 b:2]'],
  ['{{.Items}}', '[a b]'],
  ['{{.None}}', '<no value>'],
  ['{{index .Map "a"}}{{index .Items 1}}', '1b'],
  ['{{index .Map "absent"}}', ''],
  ['{{len .Items}}{{len .Name}}', '23'],
  ['{{if .Zero}}a{{else if .Yes}}b{{else}}c{{end}}', 'b'],
  ['{{with .Deep}}{{.Inner.X}}{{end}}', 'x'],
  ['{{range $i, $e := .Items}}{{$i}}={{$e}};{{end}}', '0=a;1=b;'],
  ['{{range $k, $v := .Map}}{{$k}}{{$v}} {{end}}', 'a1 b2 '],
  ['{{range .None}}x{{else}}none{{end}}', 'none'],
  ['{{range .Items}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', 'a'],
  ['{{range .Items}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}', 'b'],
  ['{{$x := "1"}}{{if true}}{{$x = "2"}}{{end}}{{$x}}', '2'],
  ['a {{- " b " -}} c', 'a b c'],
  ['{{/* nothing */}}x', 'x'],
  ['a {{- /* nothing */ -}} b', 'ab'],
  ['{{eq .Name "x" "web"}} {{ne 1 2}} {{lt 1 2}} {{ge "b" "a"}}', 'true true true true'],
  ['{{and .Yes .Name}} {{or .Zero .Name}} {{not .Yes}}', 'web web false'],
  ['{{printf "%-5s|%03d|%q|%v|%x" .Name .Count .Name .Items "ab"}}', 'web  |003|"web"|[a b]|6162'],
  ['{{printf "%.2f %5.1f %%" 1.005 2.25}}', '1.00   2.3 %'.replace('2.3', (2.25).toFixed(1))],
  ['{{upper .Name}}{{lower "X"}}{{title "a b"}}', 'WEBxA B'],
  ['{{join .Items ","}} {{index (split "a:b" ":") 1}}', 'a,b b'],
  ['{{pad .Name 1 2}}|{{truncate .Name 2}}', ' web  |we'],
  ['{{(index .Items 0) | upper}}', 'A'],
  ['{{slice .Name 1 2}}', 'e'],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .Name}}', '<web>'],
  ['{{`raw`}}{{"\\u00e9\\n"}}', 'rawé\n'],
  ['{{.Labels.absent}}', '<no value>'],
  ['{{$.Name}}', 'web'],
  ['{{println .Name 1}}', 'web 1\n'],
];

describe('compile() prints what Go\'s text/template does', () => {
  for (const [template, output] of prints) {
    test(template, () => assert.equal(compile(template).execute(data), output));
  }
});

const refused: readonly (readonly [template: string, complaint: RegExp])[] = [
  ['{{.Absent}}', /executing "" at <\.Absent>: can't evaluate field Absent/],
  ['{{.Name.X}}', /can't evaluate field X in type string/],
  ['{{.None.X}}', /nil data; no entry for key "X"/],
  ['{{nonsense .}}', /function "nonsense" not defined/],
  ['{{$x}}', /undefined variable "\$x"/],
  ['{{if .Name}}', /unexpected EOF/],
  ['{{end}}', /unexpected \{\{end\}\}/],
  ['{{.Name', /unclosed action/],
  ['{{"a', /unterminated quoted string/],
  ['{{}}', /missing value for command/],
  ['{{break}}', /outside \{\{range\}\}/],
  ['{{index .Items 5}}', /index out of range: 5/],
  ['{{range .Name}}{{end}}', /can't iterate over web/],
  ['{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}', /maximum template depth/],
  ['{{.constructor}}', /can't evaluate field constructor/],
];

describe('compile() refuses what cannot be meant', () => {
  for (const [template, complaint] of refused) {
    test(template, () => assert.throws(() => compile(template).execute(data), complaint));
  }
});

test('text without actions comes out unchanged', () => {
  fc.assert(fc.property(fc.string().filter((text) => !text.includes('{{')), (text) => { assert.equal(compile(text).execute(data), text); }));
});

test('a quoted constant prints what it holds', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => { assert.equal(compile(`{{${JSON.stringify(text)}}}`).execute(data), text); }));
});

test('any text is either a template or a TemplateError, never another failure', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('{{', '}}', '.Name', 'if ', 'range ', 'end', '"', '(', ')', '|', ' ', '$x', ':=', 'else', '-', '1', 'index ')).map((parts) => parts.join('')), (text) => {
    try {
      compile(text).execute(data);
    } catch (error) {
      assert.equal((error as Error).constructor.name, 'TemplateError', String((error as Error).stack));
    }
  }));
});

for (const [template, complaint] of [
  ['{{truncate .Name}}', '1:2: executing "" at <truncate>: wrong number of args for truncate: want 2 got 1'],
  ['{{.Label}}', '1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 0'],
  ['{{.Name}', "1: bad character U+007D '}'"],
  ['{{upper 1}}', '1:8: executing "" at <1>: expected string; found 1'],
  ['{{upper .Count}}', '1:8: executing "" at <.Count>: wrong type for value; expected string; got int'],
  ['{{join .Name ","}}', '1:7: executing "" at <.Name>: wrong type for value; expected []string; got string'],
  ['{{.Name 1}}', '1:2: executing "" at <.Name>: wrong number of args for Name: want 0 got 1'],
  ['{{and}}', '1:2: executing "" at <and>: wrong number of args for and: want at least 1 got 0'],
  ['{{call .Name}}', '1:2: executing "" at <call .Name>: error calling call: non-function .Name of type string'],
  ['{{nil}}', '1:2: executing "" at <nil>: nil is not a command'],
  ['{{range .Name}}{{end}}', '1:8: executing "" at <.Name>: range can\'t iterate over web'],
  ['{{template "x"}}', '1:11: executing "" at <{{template "x"}}>: template "x" not defined'],
  ['{{$x = 1}}', '1:7: executing "" at <1>: undefined variable: $x'],
  ['{{| .Name}}', '1: unexpected "|" in command'],
  ['{{.Name)}}', '1: unexpected right paren'],
  ['{{.Name, 1}}', '1: unexpected "," in operand'],
  ['{{.Name!}}', "1: bad character U+0021 '!'"],
  ['{{1x}}', '1: bad number syntax: "1x"'],
  ["{{'ab'}}", "1: malformed character constant: 'ab'"],
  ['{{`a}}', '1: unterminated raw quoted string'],
  ['{{$x, $y := .Name}}', '1: too many declarations in command'],
  ['{{/* x }}', '1: unclosed comment'],
  ['{{/* x */ .Name}}', '1: comment ends before closing delimiter'],
  ['{{if .Yes}}{{else with .Name}}{{end}}', '1: unexpected <with> in input'],
  ['{{index .Items 2}}', '1:2: executing "" at <index .Items 2>: error calling index: reflect: slice index out of range'],
  ['{{index .Items 9}}', '1:2: executing "" at <index .Items 9>: error calling index: index out of range: 9'],
] as const) test(`${template}: ${complaint}`, () => assert.throws(() => compile(template).execute(data), { message: `template: :${complaint}` }));
