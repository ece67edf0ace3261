"""Account pages, under /account/."""

from django.urls import path

from people.views import account, links, sign_in, tokens

app_name = "account"
urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-out/", sign_in.SignOut.as_view(), name="logout"),
    path("signed-out/", sign_in.signed_out, name="signed-out"),
    path("language/", sign_in.language, name="language"),
    path("forgot/", links.forgot, name="forgot"),
    path("forgot/sent/", links.forgot_sent, name="forgot-sent"),
    path("reset/<uidb64>/<token>/", links.Reset.as_view(), name="reset"),
    path("", account.me, name="me"),
    path("contact/", account.contact, name="contact"),
    path("password/", account.password, name="password"),
    path("tokens/", tokens.mine, name="tokens"),
    path("tokens/<str:key>/revoke/", tokens.revoke, name="revoke-token"),
    path("sign-out-everywhere/", account.end_sessions, name="end-sessions"),
]
