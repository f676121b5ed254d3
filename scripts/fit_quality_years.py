"""Release dates of models that no row of the table of models dates, by name: covariates of the fit, never shown.

Recalled from their makers' announcements, to the month, in years after the start of 2023; old ones count as -1. The
first pattern that matches counts. What matches none counts from the first dated table that lists it.
"""

NOT_DATED = float("nan")
YEARS: tuple[tuple[str, float], ...] = (
    (r"kimichat|tongyi-qianwen|chatglm-qingyan|ernie-bot", 0.83),
    (r"gpt-?3-?5", 0.2), (r"gpt-?4o-mini", 1.55), (r"chatgpt-4o", 2.1), (r"gpt-?4o", 1.37),
    (r"gpt-?4-turbo|gpt-4-1106|gpt-4-0125", 0.87), (r"gpt-?4-1", 2.28), (r"gpt-?4-5", 2.15), (r"gpt-?4", 0.2),
    (r"gpt-?5-2", 2.95), (r"gpt-?5-1", 2.87), (r"gpt-?5-[3-9]", NOT_DATED), (r"gpt-?5", 2.6),
    (r"^o1", 1.75), (r"o3-mini", 2.08), (r"^o[34]|o4-mini", 2.29),
    (r"claude-opus-4-5", 2.9), (r"claude-\w+-4-5", 2.75), (r"claude-opus-4-1", 2.6), (r"claude-\w+-4-[6-9]", NOT_DATED),
    (r"claude-\w+-4", 2.39), (r"claude-\w+-3-7", 2.15), (r"claude-\w+-3-5", 1.6), (r"claude-\w+-3", 1.17),
    (r"claude-?2", 0.53), (r"claude-instant|claude-?1", 0.2),
    (r"gemini-?3-[1-9]", NOT_DATED), (r"gemini-?3", 2.88), (r"gemini-?2-5", 2.35), (r"gemini-?2-0|gemini-exp", 2.0),
    (r"gemini-?1-5", 1.4), (r"gemini", 0.95), (r"palm", 0.36),
    (r"grok-4-1", 2.88), (r"grok-4(?!-[2-9])", 2.52), (r"grok-3", 2.13), (r"grok-2", 1.62), (r"nova-2", 2.92),
    (r"amazon-nova|^nova", 1.92), (r"mistral-medium", 2.4), (r"mistral-large", 1.4),
    (r"qwen3-max", 2.7), (r"qwen3-[5-9]", NOT_DATED), (r"qwen2-5-(?:max|plus)|qwen-plus", 2.08), (r"qwen1-5", 1.1),
    (r"qwen-max", 1.35), (r"codeqwen", 1.29),
    (r"dialogpt|gpt-?neo|gpt-j|gpt-?2\b|mt5|switch-base", -1.0), (r"flan|t5|umt5|codegen-|bloom|\bopt-", -0.4),
    (r"codegen2|codet5|starcoder(?:base|plus)?(?!2)(?:\b|-)", 0.35), (r"starcoder2|starchat2", 1.16),
    (r"dolly|stablelm-tuned|rwkv-4|alpaca|koala|oasst|gpt4all|vicuna|fastchat|mpt-|guanaco|h2ogpt|pythia", 0.33),
    (r"chatglm-6b", 0.2), (r"chatglm2", 0.48), (r"chatglm3", 0.82), (r"glm-4-(?:plus|0520|air)", 1.65),
    (r"glm-4\b", 1.3),
    (r"wizardcoder-33b", 1.0), (r"wizardcoder|wizardlm|llama2|xgen|baichuan-7b|baichuan-13b", 0.5),
    (r"codellama", 0.65),
    (r"openchat|zephyr|neural-chat|openhermes|xwin|tulu-2|magicoder|deepseek-coder(?!-v2)|longalpaca|lwm-", 0.87),
    (r"starling|solar|decilm|speechless|code-290k|code-13b|code-33b|phind|smaug|codefuse|wavecoder|xdan", 1.0),
    (r"opencodeinterpreter|artigenz|olmo-|nxcode|code-?millenials|whiterabbit|film-7b", 1.2),
    (r"dbrx|command-r\b|command-r\+|c4ai|jamba-v0|recurrentgemma|codegemma|arctic|aya-?23", 1.28),
    (r"granite-7b|granite-20b|granite-34b|yi-coder|yi-large|yi-lightning|nemotron-4|reka|internlm2-5|codegeex4", 1.5),
    (r"athene-70b|numinamath|smollm-|arcee-spark|xlam-(?:1b|7b|8x)|hermes-?3|toolace|hammer2-0|mistral-nemo", 1.58),
    (r"jamba-(?:1-5|large|mini)|ai21-jamba-1|aya-expanse|supernova|ministral-8b", 1.8),
    (r"hunyuan-large|command-r7b|opencoder", 1.8),
    (r"athene-v2|virtuoso|watt|hammer2-1|tulu-3|dracarys|hunyuan-standard|deepseek-v2-5|step-2|olmo-2|dolphin-3", 1.95),
    (r"acemath|deepscaler|openthinker|coalm|bitagent|command-a|hunyuan-turbos|hunyuan-t1|xlam-2|reka-flash-3|bielik",
     2.2),
    (r"arch-agent|mercury|hunyuan-vision|glm-4-5|step-3|minimax-m1|magistral|jamba-(?:large|mini)-1-7", 2.5),
    (r"longcat|mai-1|intellect-3|trinity|ling-|ring-|minimax-m2", 2.8),
)  # fmt: skip
