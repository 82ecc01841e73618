"""How the page looks; colours are mixed from the text colour, so that light and dark both work."""

STYLE = """<style>
.stMainBlockContainer { padding-top: 3.4rem; padding-bottom: 3rem; max-width: 1500px;
  padding-left: clamp(1rem, 3vw, 3rem); padding-right: clamp(1rem, 3vw, 3rem); }
.rag-brand { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .8rem; }
.rag-brand b { font-size: 1.7rem; letter-spacing: -.02em; }
.rag-brand span, .rag-dim, .rag-step { color: color-mix(in srgb, currentColor 62%, transparent); }
.rag-question { font-size: 1.3rem; font-weight: 600; line-height: 1.35; letter-spacing: -.01em;
  overflow-wrap: anywhere; }
.rag-sentence { font-size: 1.06rem; line-height: 1.6; overflow-wrap: anywhere; }
.rag-source { font-size: .83rem; line-height: 1.35; overflow-wrap: anywhere; }
.rag-path { font-size: .86rem; overflow-wrap: anywhere; }
.rag-badges { display: inline-flex; flex-wrap: wrap; gap: .3rem; }
.rag-badge { display: inline-block; padding: .08rem .5rem; border-radius: 999px; font-size: .76rem; line-height: 1.45;
  white-space: nowrap; background: color-mix(in srgb, var(--tone) 15%, transparent);
  color: color-mix(in srgb, var(--tone) 62%, currentColor); }
.rag-good { --tone: #12924f; } .rag-warn { --tone: #c27a00; } .rag-bad { --tone: #d0393e; }
.rag-info { --tone: #2f6fdb; } .rag-plain { --tone: #7d8590; }
.rag-edge-good { --tone: #12924f; } .rag-edge-warn { --tone: #c27a00; } .rag-edge-bad { --tone: #d0393e; }
.rag-edge-info { --tone: #2f6fdb; } .rag-edge-plain { --tone: #7d8590; }
.rag-notice { border-left: 4px solid var(--tone); border-radius: .5rem; padding: .8rem 1rem; line-height: 1.55;
  background: color-mix(in srgb, var(--tone) 8%, transparent); overflow-wrap: anywhere; }
.rag-notice strong { display: block; margin-bottom: .15rem; }
[class*="st-key-sentence-"], [class*="st-key-chosen-"] { padding: .55rem .2rem .55rem .9rem; border-radius: .4rem;
  border-left: 3px solid color-mix(in srgb, currentColor 14%, transparent); }
[class*="st-key-chosen-"] { border-left-color: #f0b429; background: color-mix(in srgb, #f0b429 9%, transparent); }
[class*="st-key-cite-"] button { min-height: 0; padding: .05rem .55rem; }
[class*="st-key-sentence-"], [class*="st-key-chosen-"] { gap: .4rem; }
[class*="st-key-sentence-"] .stHorizontalBlock, [class*="st-key-chosen-"] .stHorizontalBlock,
[class*="st-key-sentence-"] [data-testid="stHorizontalBlock"] { gap: .2rem .6rem; }
.st-key-evidence { border: 1px solid color-mix(in srgb, currentColor 16%, transparent); border-radius: .7rem;
  padding: 1rem 1.1rem 1.1rem; }
.rag-evidence-title { font-weight: 600; font-size: 1.05rem; line-height: 1.35; margin-bottom: .15rem;
  overflow-wrap: anywhere; }
.rag-rows { display: flex; flex-direction: column; gap: .4rem; }
.rag-passage { unicode-bidi: isolate; line-height: 1.62; font-size: .95rem; overflow-wrap: anywhere;
  border-radius: .5rem; padding: .8rem 1rem; background: color-mix(in srgb, currentColor 4.5%, transparent);
  max-height: 27rem; overflow-y: auto; }
.rag-passage > div + div { margin-top: .6em; }
.rag-heading { font-weight: 650; }
.rag-item { text-indent: -1.1em; }
.rag-code, .rag-table { white-space: pre; overflow-x: auto;
  font: .82rem/1.5 "Source Code Pro", ui-monospace, monospace; }
.rag-passage .rag-code { padding: .5rem .7rem; border-radius: .4rem;
  background: color-mix(in srgb, currentColor 6%, transparent); }
.rag-passage mark { background: color-mix(in srgb, #ffc53d 48%, transparent); color: inherit; padding: .12em 0; }
.rag-page { position: relative; isolation: isolate; width: 100%; overflow: hidden; border-radius: .4rem;
  background: #fff; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.rag-page-large { overflow-x: auto; } .rag-page-large .rag-page { min-width: 44rem; }
.rag-page img { display: block; width: 100%; height: 100%; }
.rag-marks { position: absolute; inset: 0; mix-blend-mode: multiply; }
.rag-marks span { position: absolute; background: #ffc53d; }
.rag-marks-passage { opacity: .22; } .rag-marks-quote { opacity: .7; }
.rag-inline-code, .rag-inline-math { font: .9em "Source Code Pro", ui-monospace, monospace; }
.rag-inline-math { font-style: italic; }
.rag-inline-strong { font-weight: 650; }
.rag-dim { opacity: .45; }
.rag-table2 { width: 100%; border-collapse: collapse; font-size: .83rem; font-variant-numeric: tabular-nums; }
.rag-table2 th { text-align: left; font-weight: 500; color: color-mix(in srgb, currentColor 62%, transparent); }
.rag-table2 th, .rag-table2 td { padding: .22rem .5rem .22rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 10%, transparent); }
.rag-table2 td.rag-number, .rag-table2 th.rag-number { text-align: right; }
.rag-bar { height: .5rem; border-radius: .25rem; background: #3e7cb1; min-width: 2px; }
.rag-bar-cell { width: 50%; }
.rag-hit { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); padding: .55rem 0; }
.rag-hit summary { cursor: pointer; line-height: 1.45; }
.rag-hit summary .rag-badges { margin-left: .3rem; }
.rag-hit .rag-passage { margin-top: .5rem; }
.rag-live { font-variant-numeric: tabular-nums; }
.st-key-live { flex-wrap: nowrap; }
.st-key-live > *:last-child { flex: 1 1 0; min-width: 0; }
.rag-arrow { opacity: .55; }
.st-key-live button, .st-key-stopped button, .st-key-conversation button { min-height: 0; padding: .1rem .8rem; }
.rag-list { margin: .2rem 0 0; padding-left: 1.1rem; }
.rag-list li + li { margin-top: .35rem; }
.rag-draft summary, .rag-turns summary, details.rag-notice summary { cursor: pointer; }
.rag-draft s, .rag-list s { opacity: .75; }
.rag-box { border-left: 4px solid var(--tone); border-radius: .5rem; padding: .7rem 1rem; line-height: 1.55;
  font-size: .95rem; background: color-mix(in srgb, var(--tone) 7%, transparent); overflow-wrap: anywhere; }
.rag-box .rag-list { list-style: none; padding: 0; }
.rag-rows > .rag-badge { align-self: flex-start; white-space: normal; }
.rag-box-title { font-weight: 600; }
.rag-sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .6rem; margin: .5rem 0; }
.rag-side { border-radius: .4rem; padding: .55rem .75rem;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.rag-says { font-weight: 600; }
.rag-quote { margin: .15rem 0 .3rem; }
.rag-turns { margin-bottom: .5rem; line-height: 1.5; }
.rag-lines { white-space: pre-line; overflow-wrap: anywhere; }
.rag-facts-table th { width: 32%; vertical-align: top; }
.st-key-first-run, .st-key-building { max-width: 46rem; }
.st-key-examples { gap: .5rem; }
.st-key-examples button { border-radius: 999px; min-height: 0; padding: .15rem .8rem; }
.st-key-examples button p { font-size: .87rem; }
[data-testid="stHtml"] dl.rag-facts { margin: .2rem 0 0; padding: 0; }
.rag-facts { font-size: .86rem; line-height: 1.6; overflow-wrap: anywhere; }
.rag-facts dt { color: color-mix(in srgb, currentColor 62%, transparent); float: left; margin-right: .4rem; }
.rag-facts dd { margin: 0; }
.rag-small { font-size: .83rem; line-height: 1.5; color: color-mix(in srgb, currentColor 70%, transparent);
  overflow-wrap: anywhere; }
@media (min-width: 900px) {
  [class*="st-key-cite-"] button { min-height: 0; padding: .05rem .55rem; }
[class*="st-key-sentence-"], [class*="st-key-chosen-"] { gap: .4rem; }
[class*="st-key-sentence-"] .stHorizontalBlock, [class*="st-key-chosen-"] .stHorizontalBlock,
[class*="st-key-sentence-"] [data-testid="stHorizontalBlock"] { gap: .2rem .6rem; }
.st-key-evidence { position: sticky; top: 3.6rem; }
/* With a page in it the panel is taller than the window: it scrolls by itself. */
.st-key-evidence:has(.rag-page) { max-height: calc(100vh - 4.4rem); overflow-y: auto; flex-wrap: nowrap; }
.st-key-evidence:has(.rag-page) > * { flex-shrink: 0; }
}
</style>"""
