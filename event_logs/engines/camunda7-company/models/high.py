"""High maturity: eleven processes and four decision tables of two units that use each other's parts."""

import high_retail
import high_service

MODELS = high_retail.MODELS | high_service.MODELS
DECISIONS = high_retail.DECISIONS | high_service.DECISIONS
