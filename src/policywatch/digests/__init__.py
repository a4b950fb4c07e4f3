"""What a subscriber gets and when: pure, from the stories of a slot to the bytes of a mail or published feed."""
