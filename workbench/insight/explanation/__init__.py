"""What sets a segment apart: effects, a sentence, typical members, and who was drawn around.

Nothing here loads scikit-learn, so that a viewer's kernel can say who was chosen.
"""
