import { EVENT_STREAMS } from './event-streams.ts';
import type { Requirement } from './requirement.ts';
import { RFC_6455 } from './rfc6455.ts';
import { RFC_7692 } from './rfc7692.ts';

const DOCUMENTS: readonly (readonly [title: string, requirements: readonly Requirement[]])[] = [
  ['RFC 6455, the WebSocket protocol', RFC_6455],
  ['RFC 7692, permessage-deflate', RFC_7692],
  ['WHATWG HTML §9.2, server-sent events', EVENT_STREAMS],
];

const has = (list: readonly string[] | undefined): boolean => list !== undefined && list.length > 0;

/** For each standard, a table with one row for each section, and the requirements that pushwire does not meet, with reasons. */
export function requirementTables(): string {
  return DOCUMENTS.map(([title, requirements]) => {
    const sections = [...new Set(requirements.map(({ section }) => section))];
    const rows = sections.map((section) => [
      section,
      ...figures(requirements.filter((requirement) => requirement.section === section)),
    ]);
    const table = [
      ['section', 'requirements', 'with tests', 'with cases', 'not applicable', 'not met'],
      Array(6).fill('---'),
      ...rows,
      ['all', ...figures(requirements)],
    ].map((cells) => `| ${cells.join(' | ')} |`);
    const notKept = requirements.filter(({ isKept = true }) => !isKept);
    const reasons = [...new Set(notKept.map(({ reason }) => reason))].map((reason) => {
      const quotes = notKept.filter((one) => one.reason === reason).map(({ section, text }) => `${section}: "${text}"`);
      return [...quotes.map((quote) => `> ${quote}`), '', reason].join('\n');
    });
    return [`### ${title}`, '', ...table, ...reasons.flatMap((text) => ['', text])].join('\n');
  }).join('\n\n');
}

function figures(requirements: readonly Requirement[]): number[] {
  return [
    requirements.length,
    requirements.filter(({ tests }) => has(tests)).length,
    requirements.filter(({ cases }) => has(cases)).length,
    requirements.filter(({ tests, cases, isKept = true }) => isKept && !has(tests) && !has(cases)).length,
    requirements.filter(({ isKept = true }) => !isKept).length,
  ];
}
