// cucumber-js: the thirty phrases, and the same implementation that does nothing, in this process.
const fs = require("node:fs");
const assert = require("node:assert");
const { Given, When, Then } = require("@cucumber/cucumber");

const CALLS_OF_A_SCENARIO = 8;
const DAY = 24 * 3600 * 1000;
const START = Date.UTC(2025, 0, 7, 9);
const VIEW = { tier: "scale", services: [], invoices: [], charges: [], credits: [] };
const notes = { calls: 0, first: 0, first_scenario: 0, last: 0, memory_first: 0, memory_last: 0 };

function called() {
  notes.calls += 1;
  notes.last = Number(process.hrtime.bigint()) / 1e9;
  if (notes.calls === 1) {
    notes.first = notes.last;
    notes.memory_first = process.memoryUsage.rss();
  } else if (notes.calls === CALLS_OF_A_SCENARIO) {
    notes.first_scenario = notes.last;
  }
}

const implementation = {
  reset: () => { called(); return {}; },
  advanceTo: () => { called(); return {}; },
  createOrganization: () => { called(); return { organization: "o1", admin: "u1" }; },
  recordUsage: () => { called(); return {}; },
  getOrganization: () => { called(); return VIEW; },
};

process.on("exit", () => {
  if (process.env.BENCH_NOTES) {
    notes.memory_last = process.memoryUsage.rss();
    fs.writeFileSync(process.env.BENCH_NOTES, JSON.stringify(notes));
  }
});

for (let plan = 0; plan < 5; plan++) {
  Given(`in plan ${plan} the clock stands at day {int}`, function (day) {
    this.now = START + day * DAY;
    implementation.reset({ now: this.now });
  });
  Given(`in plan ${plan} there is an organization {word}`, function (name) {
    this.organization = implementation.createOrganization({ name }).organization;
  });
}
for (let plan = 0; plan < 7; plan++) {
  When(`in plan ${plan} it uses {int} dollars`, function (dollars) {
    implementation.recordUsage({ organization: this.organization, amount: dollars });
  });
}
for (let plan = 0; plan < 3; plan++) {
  When(`in plan ${plan} {int} days pass`, function (days) {
    this.now += days * DAY;
    implementation.advanceTo({ now: this.now });
  });
}
for (let plan = 0; plan < 10; plan++) {
  Then(`in plan ${plan} the tier is {word}`, function (tier) {
    assert.strictEqual(implementation.getOrganization({ organization: this.organization }).tier, tier);
  });
}
