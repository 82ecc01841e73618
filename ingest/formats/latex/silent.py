"""Control words that say nothing to a reader: layout, fonts, settings; and how many arguments go with them."""

_NONE = """
    appendices backmatter balance begingroup bf bfseries boldmath bottomrule centering clearpage displaystyle dotfill em
    endfirsthead endfoot endgroup endhead endlastfoot ExplSyntaxOff ExplSyntaxOn flushbottom footnotemark footnotesize
    frenchspacing frontmatter hline hrule hrulefill Huge huge ignorespaces indent it itshape LARGE Large large
    leavevmode linenumbers listoffigures listoftables looseness mainmatter makeatletter makeatother maketitle
    medskip midrule newpage noindent nolinenumbers nonfrenchspacing normalfont normalsize null onecolumn
    onehalfspacing pagebreak phantomsection printbibliography protect raggedbottom raggedleft raggedright relax rm
    rmfamily sc scriptsize scshape selectfont sf sffamily singlespacing sloppy small smallskip bigskip strut
    tableofcontents textstyle tiny toprule tt ttfamily twocolumn unskip vfil vfill doublespacing fussy
"""
_ONE = """
    AtBeginDocument AtEndDocument acmConference acmDOI acmISBN acmBooktitle acmYear acmPrice address addbibresource
    affil affiliation affiliations arrayrulecolor authorrunning bibcite bibdata bibliographystyle captionsetup ccsdesc
    cellcolor cline color columncolor cormark documentclass email emailAdd fnmark geometry graphicspath
    hphantom hspace hypersetup hyphenation icmlcorrespondingauthor icmlkeywords icmltitlerunning
    includegraphics includepdf index inst institute institution lstset marginpar newcites newcounter newlength
    newsavebox nocite orcid orcidID PackageInfo pagenumbering pagestyle pgfplotsset phantom refstepcounter
    RequirePackage rowcolor setcitestyle setlist setstretch setcopyright sisetup stepcounter thanksref theoremstyle
    thispagestyle tikzset titlerunning todo typeout urlstyle usepackage usetikzlibrary vphantom vspace
    IEEEauthorblockA bibliography enlargethispage linespread includesvg printAffiliationsAndNotice
"""
_TWO = """
    DeclareUnicodeCharacter PassOptionsToPackage Crefname addcontentsline addtocontents addtolength colorlet crefname
    fontsize icmlaffiliation icmlsetsymbol lstdefinelanguage lstdefinestyle markboth newcolumntype pdfbookmark rule
    setlength specialrule newtcolorbox settowidth
"""
_THREE = "DeclareFontFamily definecolor titlespacing titleformat"
_OPTIONAL = """
    emph textbf textit textsc textsf texttt textrm textmd textup textsl textnormal text mbox underline uline sout
    textsuperscript textsubscript mathrm mathbf enquote hl so bm operatorname fbox
    subfloat hyperref tcblower makecell thead shortstack framebox makebox linebreak nolinebreak
"""

SILENT: dict[str, int] = {
    f"\\{name}": count for count, names in enumerate((_NONE, _ONE, _TWO, _THREE)) for name in names.split()
}
"""Number of mandatory arguments by control word; options are dropped as well."""

OPTIONS_ONLY = frozenset(f"\\{name}" for name in _OPTIONAL.split())
"""Control words whose options say nothing, while their argument is text."""
