"""Words behind which a number is a name and no quantity: labels, and families of models and software."""

# Words that stand before a number and make it the name of a place or a version, and those that do with a capital only.
LABELS = frozenset(
    "figure figures fig figs table tables tab section sections sec secs chapter chapters chap appendix appendices "
    "equation equations eq eqs page pages pp version versions v footnote § no".split()
)
CAPITAL_LABELS = frozenset(
    "algorithm algorithms alg theorem lemma corollary proposition definition example listing exercise part".split()
)
# Families of models, whose members are numbered after a space from 1 to 9, and series with any number.
FAMILIES = frozenset(
    "llama llamas gpt chatgpt claude gemma gemini phi qwen mistral falcon grok palm pythia nemotron granite imagen "
    "diffusion alphafold deepseek olmo yi sora opus sonnet haiku chinchilla wizardlm vicuna dolly titan cosmos".split()
)
SERIES = frozenset(
    "python pytorch torch cuda tensorflow keras langchain java ubuntu windows numpy pandas cudnn rocm rtx gtx geforce "
    "nvlink pcie epyc ryzen cifar".split()
)
NUMBERED = LABELS | CAPITAL_LABELS | FAMILIES | SERIES
