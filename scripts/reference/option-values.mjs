import {
  augmentOptions,
  cutOutOptions,
  defaultOf,
  enhanceOptions,
  evaluateOptions,
  fineTuneOptions,
  generateOptions,
  inversionOptions,
  matteOptions,
  searchOptions,
  wordsOf,
} from '@latent-matte/core/options';
import { Comment, Converter, ReflectionKind } from 'typedoc';

/** The table behind an interface of options, and the presets that its defaults depend on. */
const search = { ...searchOptions, ...enhanceOptions };
const presets = ['fast', 'paper', 'official'];
const tables = {
  MatteOptions: [matteOptions],
  AdvancedMatteOptions: [matteOptions],
  CutOutOptions: [{ ...matteOptions, ...cutOutOptions }],
  WebCutOutOptions: [{ ...matteOptions, ...cutOutOptions }],
  NodeCutOutOptions: [{ ...matteOptions, ...cutOutOptions }],
  EnhanceOptions: [search, presets],
  AdvancedOptions: [search, presets],
  EvaluateOptions: [{ ...search, ...evaluateOptions }, presets],
  GenerateOptions: [generateOptions],
  LabelOptions: [generateOptions],
  InvertOptions: [inversionOptions],
  FineTuneOptions: [fineTuneOptions],
  AugmentOptions: [augmentOptions],
};

/** Says below every option which values it takes and what its default is, from the table that checks it. */
export function addOptionValues(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
      const owner = ownerOf(property);
      const [table, byPreset] = (owner && tables[owner.name]) ?? [];
      const option = table && Object.hasOwn(table, property.name) && table[property.name];
      if (!option) continue;
      // That of the table's own object, which TypeDoc shows as "...".
      property.defaultValue = undefined;
      property.comment = withValues(property.comment ?? new Comment(), option, byPreset);
    }
  });
}

/** The interface or type alias that a property belongs to. */
function ownerOf({ parent }) {
  return parent?.kindOf(ReflectionKind.TypeLiteral) ? parent.parent : parent;
}

function withValues(comment, option, byPreset) {
  const { kind, unit, otherwise } = option;
  const values = ['callback', 'signal', 'flag'].includes(kind.is)
    ? []
    : [`Values: ${wordsOf(kind)}${unit ? `, ${unit}` : ''}.`];
  const result = comment.clone();
  const text = [...values, defaultInWords(option, otherwise, byPreset)].filter(Boolean).join(' ');
  if (text) result.summary.push({ kind: 'text', text: `\n\n${text}` });
  return result;
}

function defaultInWords(option, otherwise, byPreset) {
  const given = (byPreset ?? ['fast']).map((preset) => defaultOf(option, preset));
  const words = given.map((value) =>
    value === undefined
      ? otherwise
      : `\`${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}\``,
  );
  if (words.every((word) => word === undefined)) return '';
  if (words.every((word) => word === words[0])) return `Default: ${words[0]}.`;
  return `Default: ${words.map((word, i) => `${word} (${byPreset[i]})`).join(', ')}.`;
}
