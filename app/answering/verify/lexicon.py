"""Closed classes of words that turn a sentence's meaning: negations, directions, reservations, sweeping words.

Each class is small and listed whole, so that what the verifier knows can be read.
"""

NEGATIONS = frozenset(
    "not no never without cannot neither nor none nothing nobody nowhere hardly rarely seldom scarcely barely unable "
    "fail fails failed failing lack lacks lacked lacking avoid avoids avoided avoiding prevent prevents prevented "
    "preventing refuse refuses refused except unlike despite".split()
)
"""Words that deny what stands near them; `n't` is split off before."""

_DIRECTIONS = {
    "more": ("more greater higher larger bigger above exceed exceeds exceeded exceeding increase increases increased "
             "increasing raise raises raised raising rise rises rose grow grows grew growing gain gains gained "
             "upper enlarge enlarges expand expands maximum maximal highest largest biggest greatest most high large "
             "big many plus additional upward upwards outgrow"),
    "less": ("less fewer lower smaller below decrease decreases decreased decreasing reduce reduces reduced reducing "
             "drop drops dropped dropping fall falls fell falling shrink shrinks shrank shrunk shrinking lose loses "
             "lost loss minimum minimal lowest smallest fewest least low small few minus downward downwards cut cuts "
             "cutting halve halves halved lowers lowered lowering"),
    "faster": "faster quicker fast quick quickly speed speeds sped accelerate accelerates accelerated fastest rapidly",
    "slower": "slower slow slowly slows slowed slowest decelerate decelerates",
    "better": ("better outperform outperforms outperformed outperforming beat beats beating improve improves improved "
               "improving improvement best superior stronger strong win wins won surpass surpasses surpassed good "
               "strongest benefit benefits helps help helped"),
    "worse": ("worse underperform underperforms underperformed degrade degrades degraded degrading degradation worst "
              "inferior weaker weak lag lags lagged bad poorer poor hurt hurts harm harms harmed weakest trails"),
    "before": "before earlier prior preceded precedes previously until first early older oldest predates predated",
    "after": "after later subsequently following follows followed since last late newer newest then succeeded",
    "same": "same equal equals equally identical match matches matched matching alike unchanged",
    "different": "different differ differs differed differently unlike distinct changed",
    "cheaper": "cheaper cheap cheapest inexpensive",
    "dearer": "costlier expensive dearer dearest",
    "longer": "longer long longest",
    "shorter": "shorter short shortest",
    "easier": "easier easy easily simpler simple easiest simplest",
    "harder": "harder hard hardest difficult complex",
    "start": "start starts started begin begins began begun starting beginning enable enables enabled add adds added",
    "end": "stop stops stopped end ends ended finish finishes disable disables disabled remove removes removed",
    "with": "with include includes included including contain contains",
    "current": "current currently standard recommended today now still",
    "past": "formerly obsolete outdated deprecated superseded replaced",
}  # fmt: skip

OPPOSITES = {
    "more": "less", "faster": "slower", "better": "worse", "before": "after", "same": "different",
    "cheaper": "dearer", "longer": "shorter", "easier": "harder", "start": "end", "current": "past",
}  # fmt: skip
OPPOSITES |= {other: one for one, other in OPPOSITES.items()}

DIRECTIONS = {word: direction for direction, words in _DIRECTIONS.items() for word in words.split()}
"""Word to its direction, such as `faster`; comparisons, and changes that have an opposite."""

RESERVATIONS = frozenset(
    "may might could can some sometimes usually often typically generally mostly mainly partly largely nearly almost "
    "likely probably possibly perhaps roughly approximately about around suggests suggest suggested seems seem appears "
    "appear reported reportedly claims claimed estimated estimates expected rumoured if unless only provided when "
    "where while whereas although though however most many several certain particular initially should would assumed "
    "hypothesised up".split()
)
"""Words that hold a statement back; a claim that leaves one out says more than the evidence."""

SWEEPING = frozenset(
    "all every always only any each entirely completely fully whole everywhere everyone everything invariably "
    "guarantees guarantee guaranteed must proves prove proved solely exclusively perfectly exactly "
    "universally unconditionally".split()
)
"""Words that make a statement general; a claim that adds one says more than the evidence."""

LIGHT = frozenset(
    "method methods technique techniques approach approaches paper papers work works author authors called known "
    "named use uses used using called thing things way ways also both well namely e.g i.e etc respectively means "
    "mean is are was were be been being has have had having does do did its their which who that this these those "
    "it they there according overall note note that particular example".split()
)
"""Words that a paraphrase may add or leave out without saying anything else."""

SHORTENED_NOT = ("n't", "n’t")


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split(","))


CONNECTIVES = _phrases(
    "however,moreover,furthermore,also,thus,therefore,hence,consequently,specifically,similarly,likewise,finally,"
    "indeed,instead,overall,meanwhile,accordingly,nevertheless,nonetheless,still,first,second,third,in practice,"
    "in fact,in addition,in short,in turn,in particular,in contrast,by contrast,as a result,for example,for instance,"
    "of course,on other hand,and,but,so,yet,note that"
)
"""Phrases, articles left out, that tie a sentence to the one before and say nothing of their own."""

BARE_CONNECTIVES = _phrases("thus,therefore,hence,and,but,so,yet,note that")
"""Those of them that need no comma behind."""

HARMLESS = frozenset("also thus then therefore hence simply directly both itself themselves very even indeed".split())
"""Adverbs that a statement without a negation may lose."""

PREPOSITIONS = frozenset(
    "of in on at by to from for with without into onto over under above below between among across through during "
    "before after beyond within per via as than like unlike against about toward towards upon beside besides behind "
    "near until till given assuming despite compared opposed instead rather".split()
)
"""Words that make what follows a part of something else."""

SUBORDINATORS = frozenset(
    "that whom whose if when where whether unless until while whereas although though as than but except once "
    "provided given assuming because".split()
)
"""Words that open a clause which the rest of its sentence depends on."""

EXCEPTING = frozenset(
    "but whereas although though unlike except excepted excluding excluded exclude excludes apart aside save barring "
    "besides".split()
)
"""Words that take something out, or set it against the rest."""

DENIALS = frozenset(
    "false untrue wrong myth misconception disputed contested doubt doubted doubts doubtful deny denies denied refuted "
    "retracted disproved unproven unclear questionable controversial unlikely fallacy misleading incorrect".split()
)
"""Words by which a sentence disowns what it reports."""

SPEECH = frozenset(
    "say says said claim claims claimed argue argues argued believe believes believed think thinks thought report "
    "reports reported suggest suggests according hope hopes allegedly supposedly".split()
)
"""Words by which a sentence lets somebody else speak."""

LESSENING = frozenset(
    "fewer lower less least few little zero half too below under before far barely insufficiently hardly scarcely "
    "rarely seldom nearly almost non quasi third quarter".split()
)
"""Words that take something away from the word behind them."""

HINGE_PREPOSITIONS = frozenset("by to from for into onto than before after during under below above".split())
"""Words that say which way a statement goes: who does it to whom, from where and to where."""

PRESENT_BE, PAST_BE = frozenset("is are am".split()), frozenset("was were been".split())
AHEAD = frozenset("will would shall going".split())
"""Words that put a statement into the future or under a condition."""

COLLECTIVES = frozenset(
    "sum mean product average combination difference ratio mix mixture union intersection concatenation between both "
    "gap balance trade-off tradeoff pair distance either few".split()
)
"""Words that need all the members of the list behind them."""
