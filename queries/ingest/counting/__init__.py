"""Requests for audio files become downloads by the IAB rules: no database, no files, time and lists are given.

A Request goes into a Counter; out come a Verdict for each request (counted, or refused with one Reason) and a Delivery
for each window that closes. The address is gone after the first step: what a Counter keeps knows listeners only.
"""
