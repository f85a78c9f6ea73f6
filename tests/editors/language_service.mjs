// Load the glue file into the Cucumber language service, and print its diagnostics of .feature files as JSON.
// usage: node language_service.mjs GLUE FEATURE …
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  ExpressionBuilder, buildSuggestions, getGherkinCompletionItems, getGherkinDiagnostics, jsSearchIndex,
} from '@cucumber/language-service'
import { WasmParserAdapter } from '@cucumber/language-service/wasm'

const [glue, ...features] = process.argv.slice(2)
const entry = fileURLToPath(import.meta.resolve('@cucumber/language-service'))
const adapter = new WasmParserAdapter(entry.slice(0, entry.lastIndexOf('dist') + 'dist'.length))
await adapter.init()
const built = new ExpressionBuilder(adapter).build(
  [{ languageName: 'tsx', uri: 'file:///glue.ts', content: readFileSync(glue, 'utf8') }], [])
const expressions = built.expressionLinks.map((link) => link.expression)
const diagnostics = (text) => getGherkinDiagnostics(text, expressions).map(
  (found) => ({ line: found.range.start.line + 1, message: found.message }))

const texts = features.flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .map((line) => line.trim().match(/^(?:Given|When|Then|And|But) (.*)$/)?.[1]).filter(Boolean)
const suggestions = buildSuggestions(built.registry, texts, expressions)
const typed = 'Feature: A\n  Scenario: B\n    Given the organization adds\n'
const completed = getGherkinCompletionItems(typed, { line: 2, character: 31 }, jsSearchIndex(suggestions))

process.stdout.write(JSON.stringify({
  errors: built.errors.map((error) => error.message),
  expressions: expressions.map((expression) => expression.source),
  diagnostics: Object.fromEntries(features.map((file) => [file, diagnostics(readFileSync(file, 'utf8'))])),
  misspelt: diagnostics('Feature: A\n  Scenario: B\n    Given the organisation adds a card\n'),
  completions: completed.map((item) => item.label),
}))
