"""What customers are worth: RFM scores, and what they will probably bring.

The models are the three that the field measures others by: BG/NBD and Pareto/NBD for
how often a customer comes back, Gamma-Gamma for how much a purchase brings. Scores and
summaries need no scipy, so that a viewer's kernel can load them.
"""
