// Render messages.ndjson with Cucumber's own formatters.  usage: node formatters.mjs MESSAGES REPORT.html
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Transform } from 'node:stream'
import * as htmlFormatter from '@cucumber/html-formatter'
import { SummaryPrinter } from '@cucumber/pretty-formatter'

const [messages, report] = process.argv.slice(2)
const envelopes = readFileSync(messages, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
const Html = htmlFormatter.CucumberHtmlStream ?? htmlFormatter.default.CucumberHtmlStream
const html = new Html()
const done = pipeline(html, createWriteStream(report))
for (const envelope of envelopes) html.write(envelope)
html.end()
await done
const printer = new SummaryPrinter()
for (const envelope of envelopes) printer.update(envelope)
