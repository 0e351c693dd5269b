"""Pages of the invigilator."""

from flask import Blueprint

rooms = Blueprint("rooms", __name__)
